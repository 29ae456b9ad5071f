import { Icon } from '../../kit/icons';
import { ButtonLink, PageLink } from '../../kit/links';
import { Page } from '../../kit/page';
import { useMay } from '../../kit/session';
import { path } from '../arm';
import { Listing } from '../listing';
import { useTexts } from '../texts';
import type { Api } from '../types';

/** The list of APIs. */
export function Apis() {
  const t = useTexts();
  const may = useMay();
  const add = may('catalog.write') && (
    <ButtonLink to="/apis/new" leftSection={<Icon name="add" size={14} />}>
      {t('apis.add')}
    </ButtonLink>
  );
  return (
    <Page title={t('apis.title')} hint={t('apis.hint')} actions={add}>
      <Listing<Api>
        label={t('apis.title')}
        at="/apis"
        find={['displayName', 'path', 'serviceUrl']}
        sort="displayName"
        filter="isCurrent ne false"
        columns={[
          {
            id: 'name',
            header: t('common.name'),
            width: '2fr',
            sort: 'displayName',
            cell: a => <PageLink to={path`/apis/${a.name}`}>{a.properties.displayName}</PageLink>,
          },
          {
            id: 'path',
            header: t('apis.fields.path'),
            width: '1fr',
            sort: 'path',
            cell: a => <span className="mono">/{a.properties.path}</span>,
          },
          {
            id: 'service',
            header: t('apis.fields.serviceUrl'),
            width: '2fr',
            sort: 'serviceUrl',
            cell: a => <span className="mono">{a.properties.serviceUrl}</span>,
          },
          { id: 'version', header: t('apis.version'), width: '7rem', cell: a => a.properties.apiVersion ?? '' },
        ]}
        icon="api"
        emptyTitle={t('apis.empty.title')}
        emptyText={t('apis.empty.text')}
        emptyAction={add}
      />
    </Page>
  );
}
