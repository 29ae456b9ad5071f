import { Button, Stack, Textarea, type TextareaProps } from '@mantine/core';
import { useState } from 'react';
import { Markdown } from '../kit/Markdown';
import { useTexts } from './texts';

/** A text in Markdown with a look at how readers see it. */
export function MarkdownField(props: TextareaProps) {
  const t = useTexts();
  const [shown, setShown] = useState(false);
  return (
    <Stack gap={4} align="stretch">
      <Textarea description={t('common.descriptionHint')} {...props} />
      <div>
        <Button size="compact-xs" variant="subtle" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {t('common.preview')}
        </Button>
      </div>
      {shown && (
        <div className="panel padded">
          <Markdown text={String(props.value ?? '')} />
        </div>
      )}
    </Stack>
  );
}
