import assert from 'node:assert/strict';

export interface FakeDeviceOptions {
  readonly mac?: string;
  readonly address?: string;
}

interface FakeDevice {
  readonly name: string;
  readonly words: Map<string, string>;
  readonly kind: string;
  alias: string | null;
  isUp: boolean;
  readonly addresses: { readonly local: string; readonly peer: string }[];
}

/** `a 1 b 2` → a: 1, b: 2. */
type Words = ReadonlyMap<string, string>;

const exists = 'RTNETLINK answers: File exists';
const noEntry = 'RTNETLINK answers: No such file or directory';
const noProcess = 'RTNETLINK answers: No such process';

/** What every device of the namespace has as a sysctl. */
const deviceSettings = [
  'ipv4/conf/*/forwarding',
  'ipv4/conf/*/rp_filter',
  'ipv4/conf/*/proxy_arp',
  'ipv4/conf/*/arp_ignore',
  'ipv4/conf/*/send_redirects',
  'ipv6/conf/*/disable_ipv6',
  'ipv4/neigh/*/proxy_delay',
  'ipv4/neigh/*/mcast_solicit',
  'ipv4/neigh/*/unres_qlen_bytes',
];
const otherSettings = [
  'net/ipv4/ip_forward',
  'net/ipv6/conf/all/disable_ipv6',
  'net/netfilter/nf_conntrack_tcp_be_liberal',
  'net/netfilter/nf_conntrack_tcp_loose',
];

/** `ip` and the sysctls of the devices that it makes. */
export class FakeIp {
  readonly #devices = new Map<string, FakeDevice>();
  /** By destination and table: each word of the route. */
  readonly #routes = new Map<string, { readonly isLocal: boolean; readonly words: Words }>();
  readonly #rules = new Map<string, Words>();
  readonly #neighbours = new Map<string, Words>();
  readonly #proxies = new Map<string, Words>();
  /** Hosts that would answer an ARP request, by address, and those of them that were asked. */
  readonly #hosts: Readonly<Record<string, string>>;
  readonly #learned = new Map<string, Words>();
  readonly #settings = new Map<string, string>(
    otherSettings.map((path) => [path, path.endsWith('ip_forward') ? '1' : '0']),
  );

  constructor(
    devices: Readonly<Record<string, FakeDeviceOptions>>,
    hosts: Readonly<Record<string, string>> = {},
  ) {
    this.#hosts = hosts;
    for (const [name, { mac, address }] of Object.entries(devices)) {
      this.#addDevice(name, new Map());
      const device = this.#devices.get(name);
      if (mac !== undefined) device?.words.set('address', mac);
      if (address !== undefined) device?.addresses.push({ local: address, peer: address });
    }
  }

  /** One batch line that changes something; its error. */
  change(line: string): string | null {
    const [object, verb, ...rest] = line.split(' ');
    switch (object) {
      case 'link':
        return this.#link(verb ?? '', rest);
      case 'addr':
        return this.#address(verb ?? '', rest);
      case 'neigh':
        return this.#neighbour(verb ?? '', rest);
      case 'route':
        return this.#route(verb ?? '', rest);
      case 'rule':
        return this.#rule(verb ?? '', rest.join(' '));
      default:
        assert.fail(`the fake kernel does not know: ip ${line}`);
    }
  }

  /** One batch line that lists, as `-N -j -d` prints it. */
  list(line: string): string {
    const [object, , , , , protocol] = line.split(' ');
    switch (object) {
      case 'addr':
        return JSON.stringify([...this.#devices.values()].map(deviceJson));
      case 'route':
        return JSON.stringify([...this.#routes.values()].filter(isOf(protocol ?? '')).map(routeJson));
      case 'rule':
        return JSON.stringify([...this.#rules.values()].map(ruleJson));
      case 'neigh':
        return JSON.stringify(this.#listed(line).map(neighbourJson));
      default:
        assert.fail(`the fake kernel does not know: ip ${line}`);
    }
  }

  /** `neigh show proxy`, `neigh show nud permanent` or `neigh show dev DEVICE`. */
  #listed(line: string): readonly Words[] {
    const [, , what, device] = line.split(' ');
    if (what === 'proxy') return [...this.#proxies.values()];
    const permanent = [...this.#neighbours.values()];
    if (what === 'nud') return permanent;
    return [...permanent, ...this.#learned.values()].filter((words) => word(words, 'dev') === device);
  }

  /** `route show exact ADDRESS/32 table TABLE`, as text. */
  listText(line: string): string {
    const [, , , prefix = '', , table = ''] = line.split(' ');
    const route = this.#routes.get(`${prefix.replace('/32', '')} ${table}`);
    if (route === undefined) return '';
    return `${prefix.replace('/32', '')} dev ${word(route.words, 'dev')} proto ${word(route.words, 'protocol')} \n`;
  }

  /** `path=value`; whether there is such a setting. */
  set(assignment: string): boolean {
    const [path = '', value = ''] = assignment.split('=');
    if (!this.#settings.has(path)) return false;
    this.#settings.set(path, value);
    return true;
  }

  /** As `grep -H '' FILE…` prints those that are there. */
  settingsText(files: readonly string[]): string {
    return files
      .map((file) => [file, this.#settings.get(file.replace('/proc/sys/', ''))] as const)
      .flatMap(([file, value]) => (value === undefined ? [] : [`${file}:${value}\n`]))
      .join('');
  }

  toString(): string {
    const text = (list: Iterable<Words>, head: string) =>
      [...list].map((words) => `${head} ${wordsText(words)}`);
    return [
      ...[...this.#devices.values()].map(deviceText),
      ...[...this.#settings]
        .filter(([, value]) => value !== '0')
        .map(([path, value]) => `setting ${path}=${value}`),
      ...text(this.#proxies.values(), 'proxy'),
      ...[...this.#routes.values()].map(
        ({ isLocal, words }) => `route ${isLocal ? 'local ' : ''}${wordsText(words)}`,
      ),
      ...text(this.#rules.values(), 'rule'),
      ...text(this.#neighbours.values(), 'neighbour'),
    ]
      .sort()
      .join('\n');
  }

  #link(verb: string, [name = '', ...rest]: readonly string[]): string | null {
    const device = this.#devices.get(name);
    if (verb === 'add') {
      if (device !== undefined) return exists;
      const words = wordsOf(rest);
      const lower = words.get('link') ?? words.get('dev');
      if (lower !== undefined && !this.#devices.has(lower)) return `Cannot find device "${lower}"`;
      this.#addDevice(name, words);
      return null;
    }
    if (device === undefined) return `Cannot find device "${name}"`;
    if (verb === 'del') this.#removeDevice(name);
    else {
      device.isUp = rest.at(-1) === 'up';
      device.alias = wordsOf(rest).get('alias') ?? device.alias;
    }
    return null;
  }

  #addDevice(name: string, words: Map<string, string>): void {
    this.#devices.set(name, {
      name,
      words,
      kind: words.get('type') ?? 'ether',
      alias: null,
      isUp: words.size === 0,
      addresses: [],
    });
    for (const path of deviceSettings) this.#settings.set(`net/${path.replace('*', name)}`, '0');
  }

  /** With a device goes all that leads to it, but rules stay. */
  #removeDevice(name: string): void {
    this.#devices.delete(name);
    for (const path of deviceSettings) this.#settings.delete(`net/${path.replace('*', name)}`);
    for (const map of [this.#neighbours, this.#proxies])
      for (const [key, words] of map) if (words.get('dev') === name) map.delete(key);
    for (const [key, { words }] of this.#routes) if (words.get('dev') === name) this.#routes.delete(key);
  }

  #address(verb: string, [local = '', ...rest]: readonly string[]): string | null {
    const words = wordsOf(rest);
    const device = this.#devices.get(word(words, 'dev'));
    if (device === undefined) return `Cannot find device "${word(words, 'dev')}"`;
    const address = { local: local.replace('/32', ''), peer: word(words, 'peer') };
    const index = device.addresses.findIndex((one) => one.local === address.local);
    if (verb === 'del' && index === -1) return 'RTNETLINK answers: Cannot assign requested address';
    if (index !== -1) device.addresses.splice(index, 1);
    if (verb === 'replace') device.addresses.push(address);
    return null;
  }

  #neighbour(verb: string, rest: readonly string[]): string | null {
    const isProxy = rest[0] === 'proxy';
    const words = wordsOf(['address', ...rest.slice(isProxy ? 1 : 0)]);
    const map = isProxy ? this.#proxies : this.#neighbours;
    const key = `${word(words, 'address')} ${word(words, 'dev')}`;
    if (!this.#devices.has(word(words, 'dev'))) return `Cannot find device "${word(words, 'dev')}"`;
    if (rest.at(-1) === 'use') this.#ask(word(words, 'address'), word(words, 'dev'));
    else if (verb !== 'del') map.set(key, words);
    else if (!map.delete(key)) return noEntry;
    return null;
  }

  #ask(address: string, device: string): void {
    const mac = this.#hosts[address];
    if (mac === undefined) return;
    const words = [
      ['address', address],
      ['dev', device],
      ['lladdr', mac],
    ] as const;
    this.#learned.set(`${address} ${device}`, new Map(words));
  }

  #route(verb: string, rest: readonly string[]): string | null {
    const isLocal = rest[0] === 'local';
    const words = wordsOf(['to', ...rest.slice(isLocal ? 1 : 0)]);
    const key = `${word(words, 'to')} ${word(words, 'table')}`;
    if (verb === 'del') return this.#routes.delete(key) ? null : noProcess;
    if (verb === 'add' && this.#routes.has(key)) return exists;
    const device = this.#devices.get(word(words, 'dev'));
    if (device === undefined) return `Cannot find device "${word(words, 'dev')}"`;
    if (!device.isUp) return 'Error: Device for nexthop is not up.';
    this.#routes.set(key, { isLocal, words });
    return null;
  }

  #rule(verb: string, text: string): string | null {
    if (verb === 'del') return this.#rules.delete(text) ? null : noEntry;
    if (this.#rules.has(text)) return exists;
    this.#rules.set(text, wordsOf(text.split(' ')));
    return null;
  }
}

function wordsOf(list: readonly string[]): Map<string, string> {
  const pairs = list.filter((one) => one !== 'onlink' && one !== 'nolearning');
  return new Map(
    Array.from({ length: Math.floor(pairs.length / 2) }, (_, i) => [
      pairs[2 * i] ?? '',
      pairs[2 * i + 1] ?? '',
    ]),
  );
}

function word(words: Words, name: string): string {
  return words.get(name) ?? '';
}

function wordsText(words: Words): string {
  return [...words].map(([name, value]) => `${name} ${value}`).join(' ');
}

function isOf(protocol: string): (route: { readonly words: Words }) => boolean {
  return ({ words }) => words.get('protocol') === protocol;
}

function deviceJson({ name, words, kind, alias, isUp, addresses }: FakeDevice): unknown {
  const data = {
    id: Number(word(words, 'id')),
    local: words.get('local'),
    remote: words.get('remote'),
    port: Number(word(words, 'dstport')),
    link: words.get('dev'),
  };
  return {
    ifname: name,
    ...(alias !== null && { ifalias: alias }),
    group: words.get('group') ?? '0',
    flags: isUp ? ['UP'] : [],
    address: word(words, 'address'),
    link: words.get('link'),
    linkinfo: { info_kind: kind, info_data: kind === 'vxlan' ? data : {} },
    addr_info: addresses.map(({ local, peer }) => ({ family: 'inet', local, address: peer })),
  };
}

function deviceText({ name, words, alias, isUp, addresses }: FakeDevice): string {
  const listed = addresses.map(({ local, peer }) => ` ${local} peer ${peer}`).join('');
  return `device ${name} ${wordsText(words)}${alias === null ? '' : ` alias ${alias}`}${isUp ? ' up' : ''}${listed}`;
}

function routeJson({ isLocal, words }: { readonly isLocal: boolean; readonly words: Words }): unknown {
  return {
    type: isLocal ? '2' : '1',
    dst: word(words, 'to'),
    gateway: words.get('via'),
    dev: word(words, 'dev'),
    table: word(words, 'table'),
  };
}

function ruleJson(words: Words): unknown {
  return {
    priority: Number(word(words, 'pref')),
    iif: words.get('iif'),
    fwmark: words.get('fwmark'),
    table: word(words, 'lookup'),
    protocol: word(words, 'protocol'),
  };
}

function neighbourJson(words: Words): unknown {
  return {
    dst: word(words, 'address'),
    dev: word(words, 'dev'),
    lladdr: words.get('lladdr'),
    protocol: words.get('protocol'),
  };
}
