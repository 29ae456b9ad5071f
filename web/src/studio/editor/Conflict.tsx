import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Choice } from '../../kit/editor';
import { ErrorBox } from '../../kit/errors';
import { useKit } from '../../kit/texts';
import { useTexts } from '../texts';

/** The choice when somebody else saved the experiment first. */
export function Conflict(props: { takeTheirs: () => void; takeMine: () => Promise<void>; copy: () => Promise<void>; goOn: () => void }) {
  const t = useTexts();
  const kit = useKit();
  const [error, setError] = useState<unknown>();
  const attempt = (act: () => Promise<void>) => async () => {
    try {
      await act();
    } catch (failure) {
      setError(failure);
    }
  };
  const choices: [string, string, () => void][] = [
    [t('editor.conflict.theirs'), t('editor.conflict.theirsHint'), props.takeTheirs],
    [t('editor.conflict.mine'), t('editor.conflict.mineHint'), () => void attempt(props.takeMine)()],
    [t('editor.conflict.copy'), t('editor.conflict.copyHint'), () => void attempt(props.copy)()],
  ];
  return (
    <Modal opened onClose={props.goOn} title={t('editor.conflict.title')} size="lg" closeButtonProps={{ 'aria-label': kit('close') }}>
      <Stack gap="md">
        <Text size="sm">{t('editor.conflict.text')}</Text>
        {choices.map(([label, hint, act]) => (
          <Choice key={label} title={label} hint={hint} onClick={act} />
        ))}
        {error !== undefined && <ErrorBox error={error} />}
        <Group justify="flex-end">
          <Button variant="subtle" onClick={props.goOn}>
            {kit('conflict.goOn')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
