import { createLinuxKernel } from '../../gateway/kernel/linux.ts';
import type { KernelPort } from '../../gateway/kernel/port.ts';
import { startCoprocess } from '../../src/world/coprocess.ts';
import { realClock, runCommand } from '../../src/world/real.ts';

/**
 * The router of lyon (relocation-states.ts) alone in a namespace: wan0, lan0 and lan1.20, whose far ends lie in it too,
 * and objects of others that nobody may touch.
 */
const others = [
  'link set lo up',
  'link add wan0 type veth peer name wan1',
  'link add lan0 type veth peer name lan0p',
  'link add lan1.20 type veth peer name lan1p',
  'link set lan0 address 00:00:5e:00:01:02',
  'link set lan1.20 address 00:00:5e:00:01:03',
  ...['wan0', 'wan1', 'lan0', 'lan0p', 'lan1.20', 'lan1p'].map((device) => `link set ${device} up`),
  'addr add 203.0.113.2/24 dev wan0',
  'addr add 10.2.0.1/24 dev lan0',
  'addr add 10.2.1.1/24 dev lan1.20',
  'route add 10.9.0.0/16 via 203.0.113.1 dev wan0 proto static',
  'rule add pref 500 iif lan0 lookup 900',
  'neigh add proxy 10.2.0.200 dev lan0',
  'neigh add 10.2.0.201 lladdr 02:00:00:00:00:99 dev lan0 nud permanent',
  'link add lhtx type bridge',
];
const othersTable =
  'table inet site { chain forward { type filter hook forward priority filter; policy accept; }; }';
const foreignListing = [
  "ip -br link | awk '{ print $1, $3 }' | grep -v '^lh[tg][0-9a-f]'",
  'ip -4 route show table all | grep -v -e 214 -e 169.254',
  'ip rule show | grep -v 214',
  'ip neigh show nud permanent | grep -v 214',
  'ip neigh show proxy | grep -v 214',
  'nft list table inet site',
];
const fullListing = [
  "ip -br link | awk '{ print $1, $3 }' | sort",
  'ip -4 -o address show | sed "s/^[0-9]*: //" | sort',
  'ip -4 -N route show table all | sort',
  'ip -N rule show',
  'ip -N neigh show nud permanent | sort',
  'ip -N neigh show proxy | sort',
  'nft list ruleset',
  "conntrack -L 2>/dev/null | sed 's/ [0-9]* ESTABLISHED/ ESTABLISHED/' | sort",
];

export interface RouterNamespace {
  readonly name: string;
  readonly prefix: readonly string[];
  kernel(): KernelPort;
  /** Only what is not ours. */
  foreign(): Promise<string>;
  /** Everything, without counters and times. */
  snapshot(): Promise<string>;
  /** Processes in it. */
  processes(): Promise<readonly string[]>;
  down(): Promise<void>;
}

export async function routerNamespace(name: string): Promise<RouterNamespace> {
  const run = async (argv: readonly string[], stdin = '') => {
    const { exitCode, stdout, stderr } = await runCommand(argv, { stdin, timeoutSeconds: 20 });
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    return stdout;
  };
  const prefix = ['nsenter', `--net=/run/netns/${name}`];
  const list = async (commands: readonly string[]) => {
    const listed = await run([...prefix, 'sh', '-c', `${commands.join('; ')}; true`]);
    return listed.replaceAll(' linkdown', '');
  };
  const kernels: KernelPort[] = [];
  await run(['ip', 'netns', 'add', name]);
  await run(['ip', '-n', name, '-batch', '-'], others.map((line) => `${line}\n`).join(''));
  await run([...prefix, 'nft', '-f', '-'], othersTable);
  await run([...prefix, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
  return {
    name,
    prefix,
    kernel: () => {
      const kernel = createLinuxKernel({ prefix, run: runCommand, start: startCoprocess, clock: realClock });
      kernels.push(kernel);
      return kernel;
    },
    foreign: () => list(foreignListing),
    snapshot: () => list(fullListing),
    processes: async () =>
      (await run(['ip', 'netns', 'pids', name])).split('\n').filter((line) => line !== ''),
    down: async () => {
      for (const kernel of kernels) await kernel.close();
      await run(['ip', 'netns', 'del', name]);
    },
  };
}
