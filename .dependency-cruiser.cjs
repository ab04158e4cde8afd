/** Who may import what (docs/design/README.md). Each rule says why. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
module.exports = {
  forbidden: [
    rule('no-cycles', 'a cycle means two things that are one', {}, { circular: true }),
    rule(
      'topology-alone',
      'topology is what exists; it knows no other room',
      { path: '^topology/' },
      { path: '^(planners|gateway|src|bench|test)/' },
    ),
    rule(
      'topology-packages',
      'topology stays pure',
      { path: '^topology/' },
      {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: '(node_modules/(zod|yaml|ip-address)/|^(node:)?assert)',
      },
    ),
    rule(
      'planners-know-topology',
      'deciding and executing are two places',
      { path: '^planners/' },
      { path: '^(gateway|src|bench|test)/' },
    ),
    rule(
      'planners-pure',
      'planners do no I/O and know no clock',
      { path: '^planners/' },
      {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: '(node_modules/zod/|^(node:)?(assert(/strict)?|crypto)$)',
      },
    ),
    rule(
      'gateway-room',
      'the gateway is usable without planners',
      { path: '^gateway/' },
      { path: '^(planners|src|bench|test)/' },
    ),
    rule(
      'gateway-root-of-topology',
      'the gateway knows units, addresses, errors and the world, not the topology model',
      { path: '^gateway/' },
      { path: '^topology/.+/' },
    ),
    rule(
      'queue-in-store',
      'the queue and the databases are hidden by two ports',
      { path: '^(topology|planners|gateway|src)/', pathNot: '^src/runs/store/' },
      { path: 'node_modules/(bullmq|ioredis|@electric-sql)/' },
    ),
    rule(
      'drivers-in-app',
      'only the wiring knows the drivers',
      { path: '^src/', pathNot: '^src/(app\\.ts|hypervisors/|lab/|rehearsal/|site/wiring\\.ts)' },
      { path: '^src/hypervisors/(simulated|qemu|libvirt)/' },
    ),
    rule(
      'thin-shells',
      'shells stay thin: nothing builds on them',
      { path: '^src/', pathNot: '^src/(api|cli|web|lab)/' },
      { path: '^src/(api|cli|web|lab)/' },
    ),
    rule(
      'no-tests-in-product',
      'the product does not ship its tests',
      { path: '^(topology|planners|gateway|src)/' },
      { path: '^(test|bench)/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};
