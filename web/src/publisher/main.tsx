import '../kit/nonce';
import { boot } from '../kit/boot';
import { preferredLanguage } from '../kit/i18n';
import { requireSession, SessionProvider } from '../kit/session';
import { connect } from './arm';
import { router } from './routes';
import { texts } from './texts';

// The page's code and its words are fetched while the server says who is signed in.
void router.load();
void texts(preferredLanguage());
const session = await requireSession();
connect(session.serviceId);
await boot({ router, texts, around: page => <SessionProvider session={session}>{page}</SessionProvider> });
