import '../kit/nonce';
import { boot } from '../kit/boot';
import { requireSession, SessionProvider } from '../kit/session';
import { connect } from './api';
import { router } from './routes';
import { texts } from './texts';

const session = await requireSession();
connect(session.workspaceId);
await boot({ router, texts, around: page => <SessionProvider session={session}>{page}</SessionProvider> });
