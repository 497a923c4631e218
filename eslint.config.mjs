import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import determinism, { all } from './eslint/determinism/index.mjs';

export default tseslint.config(
  { ignores: ['**/node_modules/', 'coverage/', '**/*.mjs', '**/*.cjs', 'bench/peers/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      complexity: ['error', 12],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `while (true)` with a condition inside is how stream readers here are written.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    // what every peer, auditor and validator must compute alike
    files: ['chaincode/src/**/*.ts', 'protocol/src/**/*.ts'],
    // these two are the process around the contracts: they listen, stop and read the environment
    ignores: ['**/*.test.ts', 'chaincode/src/listening-server.ts', 'chaincode/src/main.ts', 'chaincode/src/serve.ts'],
    plugins: { determinism },
    rules: all,
  },
  {
    files: ['**/*.test.ts', 'test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
