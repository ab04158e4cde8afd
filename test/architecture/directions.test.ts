import { cruise } from 'dependency-cruiser';
import type { IReporterOutput, ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTypeScriptConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { expect, test } from 'vitest';

/** A tool that finds nothing also finds no violation: well below what there is, far above nothing. */
const cruisedMin = 150;

test('every import goes the way the rooms allow', async () => {
  const options = await extractDepcruiseOptions('./.dependency-cruiser.cjs');
  const { output }: IReporterOutput = await cruise(
    ['topology', 'planners', 'gateway', 'src'],
    options,
    undefined,
    {
      tsConfig: extractTypeScriptConfig('./tsconfig.json'),
    },
  );
  const { summary } = output as ICruiseResult;
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  expect(summary.totalCruised).toBeGreaterThan(cruisedMin);
});
