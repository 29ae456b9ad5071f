import { path } from '../arm';
import { PolicyPanel } from '../policies/PolicyPanel';
import { ApiFrame } from './ApiFrame';

/** The policy document of an API. */
export function ApiPolicies() {
  return (
    <ApiFrame tab="policies" wide>
      {api => <PolicyPanel key={api.name} scope="api" at={path`/apis/${api.name}`} />}
    </ApiFrame>
  );
}
