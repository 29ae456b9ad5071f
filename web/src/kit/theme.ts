import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

// Calm and dense: small type, hairlines, one accent. Contrast is held at 4.5:1
// for text in both schemes; the browser tests check it on every page.
const petrol: MantineColorsTuple = [
  '#eaf6fa',
  '#d3eaf2',
  '#a9d5e5',
  '#7cbfd7',
  '#57acca',
  '#3f9fc2',
  '#2b8fb4',
  '#1d7697',
  '#14607c',
  '#0d4a61',
];

/** Grey with a little of the accent, from the text to what lies lowest. */
const slate: MantineColorsTuple = [
  '#dfe4e8',
  '#b8c1c8',
  '#a3adb6',
  '#66717a',
  '#3a444b',
  '#2c353b',
  '#1e252a',
  '#191f23',
  '#14181b',
  '#0e1214',
];

export const theme = createTheme({
  primaryColor: 'petrol',
  colors: { petrol, dark: slate },
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: { sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } }, fontWeight: '600' },
  components: {
    Anchor: { defaultProps: { inherit: true } },
    Alert: { defaultProps: { variant: 'light' } },
    Button: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'sm' } },
    Loader: { defaultProps: { size: 'sm' } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5 } } },
    MultiSelect: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false, checkIconPosition: 'right' } },
    Switch: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm', autosize: true, minRows: 3, maxRows: 20 } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 300 } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#55606b',
    '--mantine-color-placeholder': '#66707a',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#14607c',
    '--p-line': '#dfe4e8',
    '--p-panel': '#ffffff',
    '--p-back': '#f6f8f9',
    '--p-hover': '#eef3f5',
    '--p-ok': '#1b6e2c',
    '--p-warn': '#8a5300',
    '--p-bad': '#b42318',
  },
  dark: {
    '--mantine-color-body': '#14181b',
    '--mantine-color-text': '#dfe4e8',
    '--mantine-color-dimmed': '#a3adb6',
    '--mantine-color-placeholder': '#98a2ab',
    '--mantine-color-error': '#ff9d94',
    '--mantine-color-anchor': '#7cc4dc',
    '--mantine-color-default': '#1b2125',
    '--mantine-color-default-border': '#3a444b',
    '--p-line': '#2c353b',
    '--p-panel': '#191f23',
    '--p-back': '#101417',
    '--p-hover': '#222a2f',
    '--p-ok': '#7fd192',
    '--p-warn': '#f0b35e',
    '--p-bad': '#ff9d94',
  },
});
