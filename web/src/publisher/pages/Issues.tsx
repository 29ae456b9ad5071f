import { Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorBox } from '../../kit/errors';
import { Facts } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { PageLink, useParam, usePathNames } from '../../kit/links';
import { Markdown } from '../../kit/Markdown';
import { Loaded, Page, Panel } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Status, type Tone } from '../../kit/status';
import { get, nameIn, patch, path, type Stored, useChanged } from '../arm';
import { Listing } from '../listing';
import { useTexts } from '../texts';
import type { Issue } from '../types';
import { ApiFrame, baseOf } from './ApiFrame';

const states = ['proposed', 'open', 'resolved', 'closed', 'removed'] as const;
type State = (typeof states)[number];
const tones: Record<State, Tone> = { proposed: 'warn', open: 'warn', resolved: 'ok', closed: 'plain', removed: 'plain' };

function IssueState({ state }: { state: string }) {
  const t = useTexts();
  const known = states.find(s => s === state);
  return <Status tone={known ? tones[known] : 'plain'}>{known ? t(`issues.states.${known}`) : state}</Status>;
}

/** What developers report, about all APIs. */
export function Issues() {
  const t = useTexts();
  return (
    <Page title={t('frame.pages.issues')} hint={t('issues.hint')}>
      <IssueListing at="/issues" />
    </Page>
  );
}

/** The issues of an API. */
export function ApiIssues() {
  return <ApiFrame tab="issues">{api => <IssueListing at={path`/apis/${baseOf(api.name)}/issues`} />}</ApiFrame>;
}

function IssueListing({ at }: { at: string }) {
  const t = useTexts();
  const format = useFormat();
  const [state, setState] = useParam('state');
  return (
    <Listing<Issue>
      label={t('frame.pages.issues')}
      at={at}
      find={['title', 'description']}
      sort="createdDate desc"
      filter={state ? `state eq '${state}'` : undefined}
      narrowed={state !== ''}
      beside={
        <Select
          w={190}
          aria-label={t('common.state')}
          value={state}
          onChange={v => setState(v ?? '')}
          data={[{ value: '', label: t('subscriptions.anyState') }, ...states.map(s => ({ value: s, label: t(`issues.states.${s}`) }))]}
        />
      }
      columns={[
        {
          id: 'title',
          header: t('issues.title'),
          width: '3fr',
          sort: 'title',
          cell: i => (
            <PageLink to={path`/apis/${nameIn(i.properties.apiId, 'apis') || nameIn(i.id, 'apis')}/issues/${i.name}`}>
              {i.properties.title}
            </PageLink>
          ),
        },
        { id: 'api', header: t('frame.kinds.api'), width: '2fr', cell: i => nameIn(i.properties.apiId, 'apis') },
        { id: 'by', header: t('issues.by'), width: '2fr', cell: i => nameIn(i.properties.userId, 'users') },
        {
          id: 'created',
          header: t('common.created'),
          width: '10rem',
          sort: 'createdDate',
          cell: i => format.dateTime(i.properties.createdDate),
        },
        { id: 'state', header: t('common.state'), width: '8rem', sort: 'state', cell: i => <IssueState state={i.properties.state} /> },
      ]}
      icon="issue"
      emptyTitle={t('apis.issues.none')}
      emptyText={t('apis.issues.noneText')}
    />
  );
}

/** One issue, with what was written about it. */
export function IssuePage() {
  const { issue: name = '' } = usePathNames();
  return <ApiFrame tab="issues">{api => <Contents at={path`/apis/${baseOf(api.name)}/issues/${name}`} />}</ApiFrame>;
}

function Contents({ at }: { at: string }) {
  const query = useQuery({ queryKey: ['arm', at], queryFn: () => get<Issue>(at, { expandCommentsAttachments: true }) });
  return <Loaded query={query}>{issue => <Shown at={at} issue={issue} />}</Loaded>;
}

function Shown({ at, issue }: { at: string; issue: Stored<Issue> }) {
  const t = useTexts();
  const format = useFormat();
  const may = useMay()('catalog.write');
  const changed = useChanged();
  const [error, setError] = useState<unknown>();
  const p = issue.properties;
  const setState = async (state: string | null) => {
    setError(undefined);
    try {
      await patch(at, { state }, issue.etag);
      await changed(at, '/issues', at.slice(0, at.lastIndexOf('/')));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Stack gap="md">
      <Panel title={p.title}>
        <Stack gap="md">
          <Facts
            facts={[
              [
                t('issues.by'),
                <PageLink key="u" to={path`/users/${nameIn(p.userId, 'users')}`}>
                  {nameIn(p.userId, 'users')}
                </PageLink>,
              ],
              [t('common.created'), format.dateTime(p.createdDate)],
              [
                t('common.state'),
                may ? (
                  <Select
                    key="s"
                    w={190}
                    aria-label={t('common.state')}
                    value={p.state}
                    onChange={v => void setState(v)}
                    data={states.map(s => ({ value: s, label: t(`issues.states.${s}`) }))}
                  />
                ) : (
                  <IssueState key="s" state={p.state} />
                ),
              ],
            ]}
          />
          {error !== undefined && <ErrorBox error={error} />}
          <Markdown text={p.description} />
        </Stack>
      </Panel>
      <Panel title={t('issues.comments')}>
        {(p.comments ?? []).length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('issues.noComments')}
          </Text>
        ) : (
          (p.comments ?? []).map((c, i) => (
            <div key={i} style={{ borderTop: i > 0 ? '1px solid var(--p-line)' : undefined, padding: '0.5rem 0' }}>
              <Text size="xs" c="dimmed">
                {nameIn(c.userId, 'users')}, {format.dateTime(c.createdDate)}
              </Text>
              <Markdown text={c.text} />
            </div>
          ))
        )}
      </Panel>
    </Stack>
  );
}
