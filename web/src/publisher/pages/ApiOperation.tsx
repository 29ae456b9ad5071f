import { Group, Text, Title } from '@mantine/core';
import { Icon } from '../../kit/icons';
import { PageLink, useGo, useParam, usePathNames } from '../../kit/links';
import { Loaded } from '../../kit/page';
import { Method } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { createNamed, path, type Stored, useChanged, useStored } from '../arm';
import { CreateForm, needed } from '../create';
import { PolicyPanel } from '../policies/PolicyPanel';
import { StoredForm } from '../stored';
import { templateNames } from '../template';
import { useTexts } from '../texts';
import type { Api, Operation } from '../types';
import { ApiFrame } from './ApiFrame';
import { CachingPanel } from './CachingPanel';
import {
  OperationFields,
  type OperationTab,
  type OperationValues,
  operationField,
  operationProperties,
  operationTabs,
  operationValues,
} from './OperationFields';

function useCheck() {
  const t = useTexts();
  const kit = useKit();
  return (v: OperationValues) => ({
    displayName: needed(v.displayName, kit('required')),
    urlTemplate: needed(v.urlTemplate, kit('required')) ?? (templateNames(v.urlTemplate) ? null : t('apis.operations.badTemplate')),
  });
}

function Tabs({ tabs }: { tabs: readonly ('caching' | 'policies' | OperationTab)[] }) {
  const t = useTexts();
  const [tab, setTab] = useParam('tab', 'signature');
  return (
    <div className="tabs-bar" role="tablist" aria-label={t('apis.tabs.operations')}>
      {tabs.map(id => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={tab === id}
          className="tab"
          data-status={tab === id ? 'active' : undefined}
          onClick={() => setTab(id)}
        >
          {t(`apis.operations.tabs.${id}`)}
        </button>
      ))}
    </div>
  );
}

const formTab = (tab: string): OperationTab => operationTabs.find(id => id === tab) ?? 'signature';

/** Adds an operation. */
export function ApiOperationNew() {
  return <ApiFrame tab="operations">{api => <NewOperation api={api} />}</ApiFrame>;
}

function NewOperation({ api }: { api: Stored<Api> }) {
  const t = useTexts();
  const kit = useKit();
  const go = useGo();
  const changed = useChanged();
  const check = useCheck();
  const [tab] = useParam('tab', 'signature');
  const at = path`/apis/${api.name}/operations`;
  return (
    <>
      <Title order={2} mb="sm">
        {t('apis.operations.new')}
      </Title>
      <Tabs tabs={operationTabs} />
      <CreateForm<OperationValues>
        initial={operationValues()}
        go={kit('save')}
        check={check}
        fieldOf={operationField}
        cancel={() => void go(at)}
        submit={async v => {
          const made = await createNamed<Operation>(v.displayName, id => at + path`/${id}`, operationProperties(v));
          await changed(path`/apis/${api.name}`);
          toast(kit('created', { name: made.properties.displayName }));
          await go(at);
        }}
      >
        {form => <OperationFields form={form} tab={formTab(tab)} />}
      </CreateForm>
    </>
  );
}

/** Changes an operation. */
export function ApiOperation() {
  const { api: apiName = '', operation = '' } = usePathNames();
  return <ApiFrame tab="operations">{api => <Existing key={`${apiName} ${operation}`} api={api} name={operation} />}</ApiFrame>;
}

function Existing({ api, name }: { api: Stored<Api>; name: string }) {
  const t = useTexts();
  const check = useCheck();
  const [tab] = useParam('tab', 'signature');
  const list = path`/apis/${api.name}/operations`;
  const at = list + path`/${name}`;
  const operation = useStored<Operation>(at);
  return (
    <Loaded query={operation}>
      {data => (
        <>
          <Group gap="sm" mb="sm">
            <PageLink to={list} aria-label={t('apis.tabs.operations')}>
              <Icon name="back" size={14} />
            </PageLink>
            <Method method={data.properties.method} />
            <Title order={2}>{data.properties.displayName}</Title>
            <Text size="xs" className="mono" c="dimmed">
              {data.properties.urlTemplate}
            </Text>
          </Group>
          <Tabs tabs={[...operationTabs, 'caching', 'policies']} />
          <div hidden={tab === 'caching' || tab === 'policies'}>
            <StoredForm<Operation, OperationValues>
              at={at}
              stored={data}
              toValues={operationValues}
              toProperties={operationProperties}
              shownAt={[list]}
              check={check}
              fieldOf={operationField}
            >
              {form => <OperationFields form={form} tab={formTab(tab)} />}
            </StoredForm>
          </div>
          {tab === 'caching' && <CachingPanel at={at} />}
          {tab === 'policies' && <PolicyPanel scope="operation" at={at} />}
        </>
      )}
    </Loaded>
  );
}
