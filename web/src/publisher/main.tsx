import '../kit/nonce';
import { boot } from '../kit/boot';
import { requireSession, SessionProvider } from '../kit/session';
import { connect } from './arm';
import { router } from './routes';
import { texts } from './texts';

const session = await requireSession();
connect(session.serviceId);
await boot({ router, texts, around: page => <SessionProvider session={session}>{page}</SessionProvider> });
