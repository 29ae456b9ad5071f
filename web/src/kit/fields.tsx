import { ActionIcon, Button, Group, PasswordInput, type PasswordInputProps, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { useFormat } from './format';
import { Icon } from './icons';
import { useKit } from './texts';

export interface Pair {
  name: string;
  value: string;
}

/** A list of names with values, such as headers. */
export function Pairs(props: {
  label: string;
  hint?: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
  addLabel?: string;
  secret?: boolean;
}) {
  const t = useKit();
  const set = (i: number, change: Partial<Pair>) => props.onChange(props.pairs.map((p, at) => (at === i ? { ...p, ...change } : p)));
  return (
    <Stack gap={6} role="group" aria-label={props.label}>
      <div>
        <Text size="sm" fw={500}>
          {props.label}
        </Text>
        {props.hint && (
          <Text size="xs" c="dimmed">
            {props.hint}
          </Text>
        )}
      </div>
      {props.pairs.map((pair, i) => (
        <Group key={i} gap="xs" wrap="nowrap">
          <TextInput
            aria-label={`${t('pairs.name')} ${i + 1}`}
            placeholder={t('pairs.name')}
            value={pair.name}
            onChange={e => set(i, { name: e.currentTarget.value })}
            style={{ flex: 1 }}
          />
          <TextInput
            aria-label={`${t('pairs.value')} ${i + 1}`}
            placeholder={t('pairs.value')}
            type={props.secret ? 'password' : 'text'}
            autoComplete="off"
            value={pair.value}
            onChange={e => set(i, { value: e.currentTarget.value })}
            style={{ flex: 2 }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('pairs.remove', { n: i + 1 })}
            onClick={() => props.onChange(props.pairs.filter((_, at) => at !== i))}
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
          onClick={() => props.onChange([...props.pairs, { name: '', value: '' }])}
        >
          {props.addLabel ?? t('pairs.add')}
        </Button>
      </div>
    </Stack>
  );
}

/** A name and what stands beside it, in a list of facts. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl style={{ display: 'grid', gridTemplateColumns: 'minmax(8rem, max-content) 1fr', gap: '0.375rem 1.5rem', margin: 0 }}>
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt className="muted">{name}</dt>
          <dd style={{ margin: 0, minWidth: 0, overflowWrap: 'anywhere' }}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Takes a file by choosing or dropping it. limit is in bytes. */
export function FileField(props: { label: string; accept?: string; limit: number; onFile: (file: File) => void; children?: ReactNode }) {
  const t = useKit();
  const format = useFormat();
  const id = useId();
  const [refused, setRefused] = useState('');
  const take = (file: File | undefined) => {
    if (!file) return;
    if (file.size > props.limit)
      return setRefused(t('file.tooLarge', { name: file.name, size: format.bytes(file.size), limit: format.bytes(props.limit) }));
    setRefused('');
    props.onFile(file);
  };
  return (
    <Stack gap={4}>
      <Text component="label" htmlFor={id} size="sm" fw={500}>
        {props.label}
      </Text>
      <div
        className="panel padded"
        onDragOver={e => e.preventDefault()}
        onDrop={e => {
          e.preventDefault();
          take(e.dataTransfer.files[0]);
        }}
      >
        <Group gap="sm">
          <input
            id={id}
            type="file"
            accept={props.accept}
            onChange={e => {
              take(e.currentTarget.files?.[0]);
              e.currentTarget.value = ''; // so that the same file can be chosen again
            }}
          />
          <Text size="xs" c="dimmed">
            {t('file.drop')}
          </Text>
        </Group>
        {props.children}
      </div>
      {refused && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {refused}
        </Text>
      )}
    </Stack>
  );
}

/** The kinds of image that pages show. */
const imageKinds: [string, number[]][] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
];

/** Reads an image file into a data address, or gives undefined for what is no image: its bytes decide, not its name. */
export async function readImage(file: File): Promise<string | undefined> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder().decode(bytes.subarray(0, 1024));
  let type = imageKinds.find(([, magic]) => magic.every((b, i) => bytes[i] === b))?.[0];
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') type = 'image/webp';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(text)) type = 'image/svg+xml';
  if (!type) return undefined;
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes], { type }));
  });
  const shown = await new Promise<boolean>(resolve => {
    const image = new Image();
    image.onload = () => resolve(image.naturalWidth > 0 || type === 'image/svg+xml');
    image.onerror = () => resolve(false);
    image.src = url;
  });
  return shown ? url : undefined;
}

/** A text that is not shown while it is typed, unless its writer wants to see it. */
export function SecretInput({ what, ...props }: PasswordInputProps & { what?: string }) {
  const t = useKit();
  const shown = what ?? (typeof props.label === 'string' ? props.label : '');
  return <PasswordInput autoComplete="off" visibilityToggleButtonProps={{ 'aria-label': t('secret.show', { what: shown }) }} {...props} />;
}
