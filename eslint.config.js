import tseslint from 'typescript-eslint';

/** Time, chance and the world are injected (style 3.10): each ban names its replacement. */
const ambient = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Take a Clock (topology/world.ts).',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Take a Clock (topology/world.ts).',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Take a Random (topology/world.ts).',
  },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: 'Take a Clock (topology/world.ts).',
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]',
    message: 'Take a Clock (topology/world.ts).',
  },
  { selector: "CallExpression[callee.name='fetch']", message: 'Use an injected client.' },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Read options in src/config.',
  },
];
const errors = [
  {
    selector: "ThrowStatement > NewExpression[callee.name='Error']",
    message: 'Throw a LonghaulError from topology/errors.ts, or assert.',
  },
];
const ambientImports = {
  paths: [
    { name: 'node:child_process', message: 'Take a RunCommand (topology/world.ts).' },
    { name: 'node:timers/promises', message: 'Take a Clock (topology/world.ts).' },
    { name: 'node:timers', message: 'Take a Clock (topology/world.ts).' },
  ],
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'coverage/',
      'docs/',
      'examples/',
      '.dependency-cruiser.cjs',
      'eslint.config.js',
      'bin/',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'no-console': 'error',
    },
  },
  {
    files: ['topology/**', 'planners/**', 'gateway/**', 'src/**'],
    ignores: ['src/world/**', 'src/config/**'],
    rules: {
      'no-restricted-syntax': ['error', ...ambient, ...errors],
      'no-restricted-imports': ['error', ambientImports],
    },
  },
  { files: ['planners/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['test/**', 'bench/**', 'scripts/**', '*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      'max-params': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
