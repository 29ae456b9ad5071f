import { ActionIcon, Group, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { Icon } from './icons';
import { useKit } from './texts';

/** Copies a text; what names it for those who cannot see the icon. */
export function CopyButton({ text, what }: { text: string | (() => Promise<string>); what: string }) {
  const t = useKit();
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={clipboard.copied ? t('copied') : t('copy')}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={t('secret.copy', { what })}
        onClick={async () => clipboard.copy(typeof text === 'string' ? text : await text())}
      >
        <Icon name={clipboard.copied ? 'check' : 'copy'} size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

/** A text with a button that copies it. */
export function Copyable({ text, what, children }: { text: string; what: string; children?: ReactNode }) {
  return (
    <Group gap={4} wrap="nowrap">
      {children ?? <span className="mono">{text}</span>}
      <CopyButton text={text} what={what} />
    </Group>
  );
}

/** A secret that is asked for only when somebody wants to see or copy it. */
export function Secret({ load, what }: { load: () => Promise<string>; what: string }) {
  const t = useKit();
  const [shown, setShown] = useState<string>();
  const [failed, setFailed] = useState<string>();
  const toggle = async () => {
    if (shown !== undefined) return setShown(undefined);
    try {
      setShown(await load());
      setFailed(undefined);
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Group gap={4} wrap="nowrap">
      <span className="mono" aria-live="polite">
        {failed ?? shown ?? <span title={t('secret.hidden')}>••••••••••••</span>}
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={shown === undefined ? t('secret.show', { what }) : t('secret.hide', { what })}
        onClick={toggle}
      >
        <Icon name={shown === undefined ? 'eye' : 'eyeOff'} size={14} />
      </ActionIcon>
      <CopyButton text={load} what={what} />
    </Group>
  );
}
