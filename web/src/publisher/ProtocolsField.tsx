import { Checkbox, Group, Input } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTexts } from './texts';

/** The schemes by which an API is called. */
export function ProtocolsField<V extends { http: boolean; https: boolean }>({ form }: { form: UseFormReturnType<V> }) {
  const t = useTexts();
  return (
    <Input.Wrapper
      label={t('apis.fields.protocols')}
      labelElement="div"
      error={form.errors.https}
      role="group"
      aria-label={t('apis.fields.protocols')}
    >
      <Group mt={4}>
        <Checkbox label="HTTP" {...form.getInputProps('http', { type: 'checkbox' })} error={undefined} />
        <Checkbox label="HTTPS" {...form.getInputProps('https', { type: 'checkbox' })} error={undefined} />
      </Group>
    </Input.Wrapper>
  );
}
