import { ActionIcon, TextInput } from '@mantine/core';
import { Copyable } from '../../kit/copy';
import { useAsk } from '../../kit/dialogs';
import { FileField, SecretInput } from '../../kit/fields';
import { useFormat } from '../../kit/format';
import { Icon } from '../../kit/icons';
import { Page } from '../../kit/page';
import { useMay } from '../../kit/session';
import { Status } from '../../kit/status';
import { useKit } from '../../kit/texts';
import { toast } from '../../kit/toast';
import { useAdding } from '../actions';
import { createNamed, path, type Resource, remove, useChanged } from '../arm';
import { CreateDialog, needed } from '../create';
import { Listing } from '../listing';
import { useTexts } from '../texts';
import type { Certificate } from '../types';

const month = 30 * 24 * 3600_000;

/** The certificates with which backends are called. */
export function Certificates() {
  const t = useTexts();
  const kit = useKit();
  const format = useFormat();
  const ask = useAsk();
  const changed = useChanged();
  const may = useMay()('catalog.write');
  const adding = useAdding(t('certificates.add'));
  const erase = async (c: Resource<Certificate>) => {
    const done = await ask({
      title: t('certificates.delete'),
      text: t('certificates.deleteText'),
      go: kit('delete'),
      danger: true,
      typed: c.name,
      act: () => remove(path`/certificates/${c.name}`),
    });
    if (done) await changed('/certificates');
  };
  return (
    <Page title={t('frame.pages.certificates')} hint={t('certificates.hint')} actions={adding.button}>
      <Listing<Certificate>
        label={t('frame.pages.certificates')}
        at="/certificates"
        find={['subject', 'thumbprint', 'name']}
        sort="name"
        columns={[
          { id: 'name', header: t('common.name'), width: '1fr', sort: 'name', cell: c => c.name },
          { id: 'subject', header: t('certificates.subject'), width: '2fr', sort: 'subject', cell: c => c.properties.subject },
          {
            id: 'thumbprint',
            header: t('certificates.thumbprint'),
            width: '3fr',
            cell: c => <Copyable text={c.properties.thumbprint ?? ''} what={t('certificates.thumbprint')} />,
          },
          {
            id: 'expires',
            header: t('certificates.expires'),
            width: '13rem',
            sort: 'expirationDate',
            cell: c => <Expiry at={c.properties.expirationDate} text={format.date(c.properties.expirationDate)} />,
          },
          {
            id: 'do',
            header: '',
            width: '2.5rem',
            end: true,
            cell: c =>
              may && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={`${kit('delete')}: ${c.name}`}
                  onClick={() => void erase(c)}
                >
                  <Icon name="trash" size={14} />
                </ActionIcon>
              ),
          },
        ]}
        icon="certificate"
        emptyTitle={t('certificates.empty')}
        emptyText={t('certificates.emptyText')}
        emptyAction={adding.button}
      />
      <CreateDialog
        title={t('certificates.add')}
        opened={adding.opened}
        close={adding.close}
        initial={{ name: '', fileName: '', data: '', password: '' }}
        check={v => ({ name: needed(v.name, kit('required')), data: v.data ? null : t('certificates.chooseFile') })}
        submit={async v => {
          await createNamed<Certificate>(v.name, id => path`/certificates/${id}`, { data: v.data, password: v.password });
          await changed('/certificates');
          toast(kit('created', { name: v.name }));
          adding.close();
        }}
      >
        {form => (
          <>
            <TextInput data-autofocus label={t('common.name')} required {...form.getInputProps('name')} />
            <FileField
              label={t('certificates.file')}
              accept=".pfx,.p12,.pem"
              limit={48 * 1024}
              onFile={async file => form.setValues({ fileName: file.name, data: base64(new Uint8Array(await file.arrayBuffer())) })}
            >
              {form.getValues().fileName}
            </FileField>
            {form.errors.data && (
              <span role="alert" style={{ color: 'var(--mantine-color-error)' }}>
                {form.errors.data}
              </span>
            )}
            <SecretInput label={`${t('certificates.password')} (${kit('optional')})`} {...form.getInputProps('password')} />
          </>
        )}
      </CreateDialog>
    </Page>
  );
}

function Expiry({ at, text }: { at?: string; text: string }) {
  const t = useTexts();
  const left = at ? Date.parse(at) - Date.now() : Number.POSITIVE_INFINITY;
  return (
    <>
      {text}{' '}
      {left < 0 ? (
        <Status tone="bad">{t('certificates.over')}</Status>
      ) : left < month ? (
        <Status tone="warn">{t('certificates.soon')}</Status>
      ) : null}
    </>
  );
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text);
}
