import { ActionIcon, Button, ColorInput, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { FileField, readImage } from '../../kit/fields';
import { Icon } from '../../kit/icons';
import { Loaded, Page, Panel } from '../../kit/page';
import { useSession } from '../../kit/session';
import { useKit } from '../../kit/texts';
import { useStored } from '../arm';
import { MarkdownField } from '../MarkdownField';
import { StoredForm } from '../stored';
import { useTexts } from '../texts';

interface Appearance {
  title?: string;
  logo?: string;
  primaryColor?: string;
  homePage?: string;
  menu?: MenuItem[];
}

interface MenuItem {
  label: string;
  url: string;
}

interface Values extends Record<string, unknown> {
  title: string;
  logo: string;
  primaryColor: string;
  homePage: string;
  menu: MenuItem[];
}

const at = '/portalAppearances/default';

/** Addresses that a menu may lead to. */
export const isMenuURL = (url: string) => /^(https?:\/\/[^\s@\\]+|mailto:\S+|\/(?!\/)[^\s\\]*)$/.test(url);

/** How the developer portal looks. */
export function PortalAppearance() {
  const t = useTexts();
  const kit = useKit();
  const { urls } = useSession();
  const query = useStored<Appearance>(at);
  const texts = t as unknown as (key: string) => string;
  return (
    <Page
      title={t('frame.pages.appearance')}
      hint={t('appearance.hint')}
      actions={
        <Button
          component="a"
          href={urls.portal}
          target="_blank"
          rel="noopener"
          variant="default"
          leftSection={<Icon name="external" size={14} />}
        >
          {t('appearance.open')}
        </Button>
      }
    >
      <Loaded query={query}>
        {data => (
          <StoredForm<Appearance, Values>
            at={at}
            stored={data}
            toValues={p => ({
              title: p.title ?? '',
              logo: p.logo ?? '',
              primaryColor: p.primaryColor ?? '',
              homePage: p.homePage ?? '',
              menu: p.menu ?? [],
            })}
            toProperties={v => v}
            fieldOf={target => (target === 'primaryColor' ? 'primaryColor' : target)}
            fieldLabel={name => texts(`appearance.${name === 'primaryColor' ? 'colour' : name}`)}
            check={v => ({
              menu: null,
              ...Object.fromEntries(
                v.menu.flatMap((m, i) => [
                  [`menu.${i}.label`, m.label.trim() === '' ? kit('required') : null],
                  [`menu.${i}.url`, isMenuURL(m.url) ? null : t('appearance.badUrl')],
                ]),
              ),
            })}
          >
            {form => {
              const v = form.getValues();
              return (
                <Stack gap="md">
                  <Panel>
                    <Stack gap="md" maw={640}>
                      <TextInput label={t('appearance.title')} description={t('appearance.titleHint')} {...form.getInputProps('title')} />
                      <Logo value={v.logo} error={form.errors.logo} onChange={logo => form.setFieldValue('logo', logo)} />
                      <ColorInput
                        label={t('appearance.colour')}
                        description={t('appearance.colourHint')}
                        placeholder="#14607c"
                        format="hex"
                        withEyeDropper={false}
                        popoverProps={{ withinPortal: true }}
                        {...form.getInputProps('primaryColor')}
                      />
                    </Stack>
                  </Panel>
                  <Panel>
                    <MarkdownField label={t('appearance.homePage')} minRows={8} {...form.getInputProps('homePage')} />
                  </Panel>
                  <Panel title={t('appearance.menu')} hint={t('appearance.menuHint')}>
                    <Menu items={v.menu} errors={form.errors} onChange={menu => form.setFieldValue('menu', menu)} />
                  </Panel>
                </Stack>
              );
            }}
          </StoredForm>
        )}
      </Loaded>
    </Page>
  );
}

function Logo({ value, error, onChange }: { value: string; error: React.ReactNode; onChange: (logo: string) => void }) {
  const t = useTexts();
  const kit = useKit();
  const [refused, setRefused] = useState('');
  const take = async (file: File) => {
    const image = await readImage(file);
    if (!image) return setRefused(kit('file.notImage', { name: file.name }));
    setRefused('');
    onChange(image);
  };
  return (
    <div>
      <FileField
        label={t('appearance.logo')}
        accept="image/png,image/jpeg,image/gif,image/webp,image/svg+xml"
        limit={512 * 1024}
        onFile={file => void take(file)}
      >
        <Group mt="sm">
          {value ? (
            <>
              <img src={value} alt={t('appearance.logo')} style={{ maxHeight: 48, maxWidth: 240 }} />
              <Button size="xs" variant="default" onClick={() => onChange('')}>
                {t('appearance.removeLogo')}
              </Button>
            </>
          ) : (
            <Text size="sm" c="dimmed">
              {t('appearance.noLogo')}
            </Text>
          )}
        </Group>
      </FileField>
      <Text size="xs" c="dimmed" mt={4}>
        {t('appearance.logoHint')}
      </Text>
      {(refused || error) && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {refused || error}
        </Text>
      )}
    </div>
  );
}

function Menu({
  items,
  errors,
  onChange,
}: {
  items: MenuItem[];
  errors: Record<string, React.ReactNode>;
  onChange: (items: MenuItem[]) => void;
}) {
  const t = useTexts();
  const kit = useKit();
  const set = (i: number, change: Partial<MenuItem>) => onChange(items.map((m, n) => (n === i ? { ...m, ...change } : m)));
  return (
    <Stack gap="xs">
      {items.map((m, i) => (
        <Group key={i} gap="xs" align="flex-start" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            aria-label={`${t('common.name')} ${i + 1}`}
            placeholder={t('common.name')}
            value={m.label}
            error={errors[`menu.${i}.label`]}
            onChange={e => set(i, { label: e.currentTarget.value })}
          />
          <TextInput
            style={{ flex: 2 }}
            aria-label={`${t('common.url')} ${i + 1}`}
            placeholder="https://"
            value={m.url}
            error={errors[`menu.${i}.url`]}
            onChange={e => set(i, { url: e.currentTarget.value })}
          />
          <ActionIcon
            mt={6}
            variant="subtle"
            color="gray"
            aria-label={kit('pairs.remove', { n: i + 1 })}
            onClick={() => onChange(items.filter((_, n) => n !== i))}
          >
            <Icon name="close" size={14} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          onClick={() => onChange([...items, { label: '', url: '' }])}
        >
          {t('appearance.menuAdd')}
        </Button>
      </div>
    </Stack>
  );
}
