import { Alert, NumberInput, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { Panel } from '../../kit/page';
import { PolicyPart } from '../policies/PolicyPart';
import { noPlan, type Plan, readPlan, writePlan } from '../policies/plan';
import { useTexts } from '../texts';

/** The limits of a product: how many calls in a while, and in a longer one. */
export function PlanPanel({ at }: { at: string }) {
  const t = useTexts();
  return (
    <PolicyPart<Plan & Record<string, unknown>>
      at={at}
      absent={{ ...noPlan }}
      read={text => readPlan(text) as (Plan & Record<string, unknown>) | undefined}
      write={writePlan}
      custom={<Alert color="yellow">{t('products.plan.custom')}</Alert>}
      label={name => (t as unknown as (key: string) => string)(`products.plan.${name}`)}
    >
      {form => {
        const v = form.getValues();
        return (
          <Stack gap="md">
            <Text size="sm" c="dimmed">
              {t('products.plan.hint')}
            </Text>
            <Panel>
              <Switch label={t('products.plan.rate')} mb="sm" {...form.getInputProps('rate', { type: 'checkbox' })} />
              <SimpleGrid cols={{ base: 1, sm: 3 }} maw={640}>
                <NumberInput
                  label={t('products.plan.rateCalls')}
                  min={1}
                  allowDecimal={false}
                  disabled={!v.rate}
                  {...form.getInputProps('rateCalls')}
                />
                <NumberInput
                  label={t('products.plan.ratePeriod')}
                  min={1}
                  max={300}
                  allowDecimal={false}
                  disabled={!v.rate}
                  {...form.getInputProps('ratePeriod')}
                />
              </SimpleGrid>
            </Panel>
            <Panel>
              <Switch label={t('products.plan.quota')} mb="sm" {...form.getInputProps('quota', { type: 'checkbox' })} />
              <SimpleGrid cols={{ base: 1, sm: 3 }} maw={640}>
                <NumberInput
                  label={t('products.plan.quotaCalls')}
                  min={0}
                  allowDecimal={false}
                  disabled={!v.quota}
                  {...form.getInputProps('quotaCalls')}
                />
                <NumberInput
                  label={t('products.plan.quotaBandwidth')}
                  min={0}
                  allowDecimal={false}
                  disabled={!v.quota}
                  {...form.getInputProps('quotaBandwidth')}
                />
                <NumberInput
                  label={t('products.plan.quotaPeriod')}
                  description={t('products.plan.quotaPeriodHint')}
                  min={0}
                  allowDecimal={false}
                  disabled={!v.quota}
                  {...form.getInputProps('quotaPeriod')}
                />
              </SimpleGrid>
            </Panel>
          </Stack>
        );
      }}
    </PolicyPart>
  );
}
