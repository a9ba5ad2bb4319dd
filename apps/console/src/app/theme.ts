import {
  alpha,
  createTheme,
  darken,
  DEFAULT_THEME,
  lighten,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from '@mantine/core';

const COLORS = ['gray', 'red', 'violet', 'indigo', 'teal', 'yellow', 'orange'] as const;

/** Cool greys, from text to ground; the stock ones are brownish beside our surfaces. */
const DARK = [
  ...['#d5d9e0', '#b3bac6', '#8b94a3', '#5b6473', '#3a424e'],
  ...['#2c333d', '#242a33', '#1c2027', '#15181d', '#101216'],
] as unknown as MantineColorsTuple;

/** White cards on a faint ground, one ink colour; colours only where they mean something. */
export function createConsoleTheme(primaryColor: string): MantineThemeOverride {
  return createTheme({
    primaryColor,
    colors: { dark: DARK },
    // White text on shade 6 is too faint to read.
    primaryShade: { light: 8, dark: 8 },
    fontFamily: "'Inter Variable', system-ui, sans-serif",
    fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace",
    headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '650' },
    defaultRadius: 'md',
    cursorType: 'pointer',
    respectReducedMotion: true,
    components: {
      Paper: { defaultProps: { withBorder: true, radius: 'lg' } },
      Badge: { styles: { root: { textTransform: 'none', fontWeight: 600 } } },
      Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
      Modal: { defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' } } },
      Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    },
  });
}

/**
 * Stock light-variant and dimmed texts miss the contrast of WCAG AA: they are darkened on light ground and lightened on
 * dark ground. Surfaces are variables, so that both schemes share one stylesheet.
 */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#566073',
    '--mantine-color-placeholder': '#646d7d',
    '--mantine-color-body': '#f6f7f9',
    '--tandem-card': '#ffffff',
    '--tandem-subtle': '#fafbfc',
    '--tandem-border': '#dfe3e8',
    '--tandem-text-red': '#c92a2a',
    '--tandem-text-teal': '#087f5b',
    ...lightVariantTexts((color) => darken(DEFAULT_THEME.colors[color][9], 0.35)),
  },
  dark: {
    '--mantine-color-dimmed': '#a5adba',
    '--mantine-color-placeholder': '#9aa2af',
    '--mantine-color-body': '#15181d',
    '--tandem-card': '#1c2027',
    '--tandem-subtle': '#20252d',
    '--tandem-border': '#343b46',
    '--tandem-text-red': '#ff8787',
    '--tandem-text-teal': '#63e6be',
    ...darkVariantGrounds(),
    ...lightVariantTexts((color) => lighten(DEFAULT_THEME.colors[color][2], 0.2)),
  },
});

/** Stock grounds are too loud on our dark cards. */
function darkVariantGrounds(): Record<string, string> {
  return Object.fromEntries(
    COLORS.map((color) => [`--mantine-color-${color}-light`, alpha(DEFAULT_THEME.colors[color][6], 0.18)]),
  );
}

function lightVariantTexts(text: (color: (typeof COLORS)[number]) => string): Record<string, string> {
  return Object.fromEntries(COLORS.map((color) => [`--mantine-color-${color}-light-color`, text(color)]));
}
