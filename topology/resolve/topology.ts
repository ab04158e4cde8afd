/**
 * The resolved topology: what exists, in SI base units, references checked, sorted by name, defaults filled in.
 * It is plain JSON: a plan carries the one it was made from.
 */
export interface Topology {
  readonly format: 'longhaul-topology/1';
  readonly name: string;
  readonly sites: readonly Site[];
  readonly links: readonly Link[];
  readonly workloads: readonly Workload[];
  readonly policies: Policies;
}

export interface Site {
  readonly name: string;
  readonly location: { readonly latitudeDegrees: number; readonly longitudeDegrees: number } | null;
  /** Country or region for residency; compliance zones the site may hold ('pci'). */
  readonly residency: string | null;
  readonly zones: readonly string[];
  readonly networks: readonly Network[];
  readonly hosts: readonly Host[];
  readonly agent: AgentEndpoint | null;
  readonly dns: readonly DnsServer[];
  readonly dhcp: readonly DhcpServer[];
  readonly balancers: readonly Balancer[];
  readonly costPerHostHour: number;
}

export interface Network {
  readonly name: string;
  /** CIDR, for example '10.1.0.0/24'. */
  readonly subnet: string;
  readonly defaultGateway: string;
  readonly vlan: number | null;
  readonly mtuBytes: number;
  readonly dhcpPools: readonly { readonly first: string; readonly last: string }[];
}

export interface Host {
  readonly name: string;
  /** Which driver speaks to it: 'simulated', 'qemu', 'libvirt'. */
  readonly hypervisor: string;
  readonly cpuArchitecture: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly machineTypes: readonly string[];
  /** Moves this host takes part in at once. */
  readonly movesMax: number;
  readonly devices: readonly string[];
}

/** A secret is only ever a reference: `env:NAME` or `file:PATH`. */
export type SecretReference = string;

export interface AgentEndpoint {
  readonly url: string;
  readonly token: SecretReference;
  /** Path of the certificate authority that signed the agent's certificate; null for plain HTTP on loopback. */
  readonly certificateAuthority: string | null;
}

export interface DnsServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly zones: readonly string[];
  readonly key: { readonly name: string; readonly secret: SecretReference } | null;
  readonly transferLagSeconds: number;
}

export interface DhcpServer {
  readonly name: string;
  readonly url: string;
  readonly leaseSeconds: number;
}

export interface Balancer {
  readonly name: string;
  readonly url: string;
  readonly pools: readonly string[];
}

export interface Link {
  readonly name: string;
  readonly between: readonly [string, string];
  readonly rateBitsPerSecond: number;
  /** Share kept for production, 0…1. */
  readonly reservedRatio: number;
  readonly rttSeconds: number;
  readonly jitterSeconds: number;
  readonly loss: number;
  readonly bufferSeconds: number;
  readonly mtuBytes: number;
  readonly congestionControl: string;
  readonly sendBufferBytes: number;
  readonly pricePerByte: number;
  /** Times (seconds of the week, Monday 00:00 UTC = 0) in which less may be used. */
  readonly caps: readonly {
    readonly fromSecondOfWeek: number;
    readonly toSecondOfWeek: number;
    readonly rateBitsPerSecond: number;
  }[];
  /** Networks that already stretch over this link: pairs 'site/network'. */
  readonly stretched: readonly (readonly [string, string])[];
  /** Whether a network may be stretched over it on request. */
  readonly stretchable: boolean;
  readonly encrypted: boolean;
  /** Expected outages per hour (rate of a Poisson process) and their mean length. */
  readonly outagesPerHour: number;
  readonly outageSeconds: number;
}

export type Method = 'stretched-live' | 'routed-live' | 'redirect' | 'cold';

export interface Workload {
  readonly name: string;
  readonly site: string;
  readonly host: string;
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Host-resident part of its memory, about what is not zero pages; null when not measured. */
  readonly residentBytes: number | null;
  readonly disks: readonly Disk[];
  /** Distinct bytes dirtied, per sampling interval; empty when to be measured. */
  readonly dirty: readonly { readonly seconds: number; readonly bytesPerSecond: number }[];
  readonly addresses: readonly WorkloadAddress[];
  readonly names: readonly { readonly name: string; readonly ttlSeconds: number }[];
  readonly sessions: 'keep' | 'drain' | 'may-break';
  readonly downtimeBudgetSeconds: number;
  readonly dependsOn: readonly string[];
  readonly peers: readonly {
    readonly workload: string;
    readonly bytesPerSecond: number;
    readonly rttMaxSeconds: number | null;
  }[];
  readonly egressIdentity: 'old' | 'new';
  readonly cpuModel: string;
  readonly machineType: string;
  readonly devices: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly methods: readonly Method[];
  /** Present when it can be cloned (stateless or replicated). */
  readonly clone: {
    readonly template: string;
    readonly seconds: number;
    readonly bytes: number;
    readonly pool: string | null;
  } | null;
  readonly shutdownSeconds: number;
  readonly bootSeconds: number;
  readonly priority: number;
}

export interface Disk {
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly shared: boolean;
  readonly writeBytesPerSecond: number;
  /** Bytes of it that a seed already holds at other sites. */
  readonly seeded: Readonly<Record<string, number>>;
}

export interface WorkloadAddress {
  readonly network: string;
  readonly address: string;
  readonly mac: string | null;
  readonly origin: 'static' | 'dhcp';
  /** By target site: the address it will have there. */
  readonly newAddresses: Readonly<Record<string, { readonly network: string; readonly address: string }>>;
}

export interface Policies {
  readonly antiAffinity: readonly {
    readonly name: string;
    readonly workloads: readonly string[];
    readonly scope: 'host' | 'site';
  }[];
  readonly quorums: readonly { readonly name: string; readonly workloads: readonly string[] }[];
  readonly residency: readonly {
    readonly workloads: readonly string[];
    readonly allowed: readonly string[];
  }[];
  readonly zones: readonly {
    readonly zone: string;
    readonly workloads: readonly string[];
    readonly never: readonly string[];
  }[];
  readonly licences: readonly {
    readonly name: string;
    readonly workloads: readonly string[];
    readonly sites: readonly string[];
  }[];
}
