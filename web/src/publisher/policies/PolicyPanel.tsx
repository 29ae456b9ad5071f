import { Button, Grid, Group, ScrollArea, Select, Stack, Tabs, Text, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { CodeEditorHandle } from '../../kit/CodeEditor';
import { useAsk } from '../../kit/dialogs';
import { useEditor } from '../../kit/editor';
import { Empty } from '../../kit/errors';
import { Icon } from '../../kit/icons';
import { Loaded } from '../../kit/page';
import { useMay } from '../../kit/session';
import { useKit } from '../../kit/texts';
import { notice, toast } from '../../kit/toast';
import { find, get, put, type Resource, remove, type Stored, useAll, useChanged } from '../arm';
import { useTexts } from '../texts';
import type { Policy, Product } from '../types';
import { blankPolicy } from './blank';
import { allowed, sectionOf, skeleton } from './declarations';
import { PolicyEditor, useDeclarations } from './PolicyEditor';
import { placeAt } from './place';

export type PolicyScope = 'global' | 'product' | 'api' | 'operation';

/** The policy document of a scope; at is the path of what the scope is about, '' for the instance. */
export function PolicyPanel({ scope, at }: { scope: PolicyScope; at: string }) {
  const document = `${at}/policies/policy`;
  const stored = useQuery({
    queryKey: ['arm', document, 'rawxml'],
    queryFn: async () => (await find<Policy>(document, { format: 'rawxml' })) ?? null,
  });
  return <Loaded query={stored}>{data => <ScopePolicy key={document} scope={scope} at={at} stored={data} />}</Loaded>;
}

function ScopePolicy({ scope, at, stored }: { scope: PolicyScope; at: string; stored: Stored<Policy> | null }) {
  const t = useTexts();
  const may = useMay()('catalog.write');
  const changed = useChanged();
  if (stored) return <DocumentEditor key="document" scope={scope} at={at} stored={stored} />;
  const add = async () => {
    await put(`${at}/policies/policy`, { format: 'rawxml', value: blankPolicy }, { ifNoneMatch: '*' });
    await changed(at);
  };
  return (
    <div className="panel">
      <Empty
        icon="policy"
        title={t('policies.none')}
        action={
          may && (
            <Button leftSection={<Icon name="add" size={14} />} onClick={() => void add()}>
              {t('policies.add')}
            </Button>
          )
        }
      >
        {t('policies.noneText')}
      </Empty>
    </div>
  );
}

function DocumentEditor({ scope, at, stored }: { scope: PolicyScope; at: string; stored: Stored<Policy> }) {
  const t = useTexts();
  const kit = useKit();
  const may = useMay()('catalog.write');
  const ask = useAsk();
  const changed = useChanged();
  const document = `${at}/policies/policy`;
  const code = useRef<CodeEditorHandle>(null);
  const [cursor, setCursor] = useState(0);
  const [first] = useState({ values: { value: stored.properties.value }, etag: stored.etag });
  const editor = useEditor<{ value: string }>({
    stored: first,
    save: async (values, etag) => {
      const kept = await put<Policy>(document, { format: 'rawxml', value: values.value }, { ifMatch: etag });
      if (kept.warnings.length > 0) notice(kit('warned'), kept.warnings.join('\n'));
      await changed(at);
      return { values: { value: kept.properties.value }, etag: kept.etag };
    },
    reload: async () => {
      const now = await get<Policy>(document, { format: 'rawxml' });
      return { values: { value: now.properties.value }, etag: now.etag };
    },
    fieldLabel: () => t('policies.document'),
  });
  const { value } = editor.form.getValues();
  const erase = async () => {
    const done = await ask({
      title: t('policies.remove'),
      text: t('policies.removeText'),
      go: kit('delete'),
      danger: true,
      act: () => remove(document),
    });
    if (!done) return;
    toast(kit('removed', { name: t('policies.document') }));
    await changed(at);
  };
  const place = placeAt(value, cursor);
  return (
    <Tabs defaultValue="document" keepMounted={false}>
      <Group justify="space-between">
        <Tabs.List style={{ flex: 1 }}>
          <Tabs.Tab value="document">{t('policies.document')}</Tabs.Tab>
          <Tabs.Tab value="effective">{t('policies.effective')}</Tabs.Tab>
        </Tabs.List>
        {may && scope !== 'global' && (
          <Button size="xs" variant="default" leftSection={<Icon name="trash" size={14} />} onClick={() => void erase()}>
            {t('policies.remove')}
          </Button>
        )}
      </Group>
      <Tabs.Panel value="document" pt="sm">
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: may ? 9 : 12 }}>
            <PolicyEditor
              ref={code}
              label={t('policies.document')}
              scope={scope}
              value={value}
              readOnly={!may}
              height="32rem"
              onCursor={setCursor}
              onChange={text => editor.form.setFieldValue('value', text)}
            />
          </Grid.Col>
          {may && (
            <Grid.Col span={{ base: 12, md: 3 }}>
              <Insert
                scope={scope}
                section={'path' in place ? sectionOf(place.path) : undefined}
                insert={text => code.current?.insert(text)}
              />
            </Grid.Col>
          )}
        </Grid>
        {may && editor.bar}
      </Tabs.Panel>
      <Tabs.Panel value="effective" pt="sm">
        <Effective scope={scope} at={at} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** The policies there are; those that may not stand where the cursor is cannot be chosen. */
function Insert({ scope, section, insert }: { scope: PolicyScope; section?: string; insert: (text: string) => void }) {
  const t = useTexts();
  const kit = useKit();
  const [text, setText] = useState('');
  const declarations = useDeclarations();
  const all = allowed(declarations.data ?? [], scope).filter(d => d.name.includes(text.trim().toLowerCase()));
  return (
    <section className="panel" aria-label={t('policies.insert')} style={{ height: '32rem', display: 'flex', flexDirection: 'column' }}>
      <Stack gap={6} p="sm">
        <Text size="xs" fw={600}>
          {t('policies.insert')}
        </Text>
        <Text size="xs" c="dimmed">
          {section ? t('policies.insertAt', { section }) : t('policies.insertNowhere')}
        </Text>
        <TextInput
          size="xs"
          aria-label={kit('search')}
          placeholder={kit('search')}
          value={text}
          onChange={e => setText(e.currentTarget.value)}
        />
      </Stack>
      <ScrollArea style={{ flex: 1 }} viewportProps={{ tabIndex: 0 }} px="xs" pb="xs">
        {all.map(d => {
          const fits = section !== undefined && d.sections.includes(section);
          return (
            <Tooltip key={d.name} label={t('policies.stands', { sections: d.sections.join(', ') })} position="left">
              <UnstyledButton
                className="nav-link"
                w="100%"
                aria-disabled={!fits}
                style={{ opacity: fits ? 1 : 0.75, cursor: fits ? 'pointer' : 'not-allowed' }}
                onClick={() => fits && insert(skeleton(d.name, d.form))}
              >
                <Icon name={fits ? 'add' : 'minus'} size={12} />
                <span className="mono">{d.name}</span>
              </UnstyledButton>
            </Tooltip>
          );
        })}
      </ScrollArea>
    </section>
  );
}

/** The document that calls run, with what the wider scopes put in. */
function Effective({ scope, at }: { scope: PolicyScope; at: string }) {
  const t = useTexts();
  const [product, setProduct] = useState<string | null>('');
  const products = useAll<Resource<Product>>('/products');
  const choose = scope === 'api' || scope === 'operation';
  const query = useQuery({
    queryKey: ['arm', `${at}/effectivePolicy`, product],
    queryFn: () => get<Policy>(`${at}/effectivePolicy`, { productId: product ?? '' }),
  });
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t('policies.effectiveHint')}
      </Text>
      {choose && (
        <Select
          w={300}
          label={t('policies.asProduct')}
          value={product}
          onChange={setProduct}
          data={[
            { value: '', label: t('policies.noProduct') },
            ...(products.data ?? []).map(p => ({ value: p.name, label: p.properties.displayName })),
          ]}
        />
      )}
      <Loaded query={query}>
        {data => (
          <PolicyEditor
            key={data.properties.value}
            label={t('policies.effective')}
            scope={scope}
            value={data.properties.value}
            readOnly
            height="30rem"
          />
        )}
      </Loaded>
    </Stack>
  );
}
