import { Alert, NumberInput, Stack, Switch, Text, TextInput } from '@mantine/core';
import { Panel } from '../../kit/page';
import { type Caching, readCaching, writeCaching } from '../policies/caching';
import { PolicyPart } from '../policies/PolicyPart';
import { useTexts } from '../texts';

/** Whether and how long answers of an operation are kept: two policies of its document. */
export function CachingPanel({ at }: { at: string }) {
  const t = useTexts();
  return (
    <PolicyPart<Caching & Record<string, unknown>>
      at={at}
      absent={{ on: false, seconds: 3600, query: '', headers: '' }}
      read={text => readCaching(text) as (Caching & Record<string, unknown>) | undefined}
      write={writeCaching}
      custom={<Alert color="yellow">{t('apis.operations.cachingCustom')}</Alert>}
    >
      {form => {
        const { on } = form.getValues();
        return (
          <Panel>
            <Stack gap="md" maw={480}>
              <Text size="sm" c="dimmed">
                {t('apis.operations.cachingHint')}
              </Text>
              <Switch label={t('apis.operations.cachingOn')} {...form.getInputProps('on', { type: 'checkbox' })} />
              <NumberInput
                label={t('apis.operations.cachingDuration')}
                min={1}
                allowDecimal={false}
                disabled={!on}
                {...form.getInputProps('seconds')}
              />
              <TextInput
                label={t('apis.operations.cachingQuery')}
                description={t('apis.operations.cachingNames')}
                disabled={!on}
                {...form.getInputProps('query')}
              />
              <TextInput
                label={t('apis.operations.cachingHeaders')}
                description={t('apis.operations.cachingNames')}
                disabled={!on}
                {...form.getInputProps('headers')}
              />
            </Stack>
          </Panel>
        );
      }}
    </PolicyPart>
  );
}
