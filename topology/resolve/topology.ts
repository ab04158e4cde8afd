/**
 * The resolved topology: what exists, in SI base units, references checked, sorted by name, defaults filled in.
 * It is plain JSON: a plan carries the one it was made from.
 */
export interface Topology {
  readonly format: 'longhaul-topology/1';
  readonly name: string;
  /** ISO 4217 code of every price and cost here and in the runbook. */
  readonly currency: string;
  readonly sites: readonly Site[];
  readonly links: readonly Link[];
  readonly workloads: readonly Workload[];
  readonly policies: Policies;
}

export interface Site {
  readonly name: string;
  readonly location: { readonly latitudeDegrees: number; readonly longitudeDegrees: number } | null;
  /** Country or region, for residency ('FR', 'EU'). */
  readonly residency: string | null;
  /** Compliance zones the site may hold ('pci'). */
  readonly zones: readonly string[];
  readonly networks: readonly Network[];
  readonly hosts: readonly Host[];
  readonly agent: AgentEndpoint | null;
  readonly dns: readonly DnsServer[];
  readonly dhcp: readonly DhcpServer[];
  readonly balancers: readonly Balancer[];
  readonly costPerHostHour: number;
  /** Power its hosts may draw together; null: not limited. */
  readonly powerWattsMax: number | null;
  /** Moves in and out of the site at once; null: not limited. */
  readonly movesMax: number | null;
}

export interface Network {
  readonly name: string;
  /** CIDR, for example '10.1.0.0/24'. */
  readonly subnet: string;
  readonly defaultGateway: string;
  readonly vlan: number | null;
  readonly mtuBytes: number;
  readonly dhcpPools: readonly { readonly first: string; readonly last: string }[];
  /** The switch port lets only registered MAC addresses speak, so a guest that arrives unannounced is cut off. */
  readonly portSecurity: boolean;
  /** Our gateway is the default gateway here, which routed-live needs at both ends. */
  readonly gatewayInline: boolean;
}

export interface Host {
  readonly name: string;
  /** Which driver speaks to it: 'simulated', 'qemu', 'libvirt'. */
  readonly hypervisor: string;
  readonly cpuArchitecture: string;
  readonly cpuModel: string;
  /** Guest CPU models it can present; always holds its own `cpuModel`. */
  readonly cpuModels: readonly string[];
  readonly cores: number;
  readonly memoryBytes: number;
  /** Of its own disks. */
  readonly storageBytes: number;
  /** Shared storages it has mounted; a disk on one of them need not be copied. */
  readonly storages: readonly string[];
  /** Empty: not restricted. */
  readonly machineTypes: readonly string[];
  /** Moves this host takes part in at once. */
  readonly movesMax: number;
  /** Kinds of device it can pass through ('gpu-a100'); 'vtpm' where it can hold a guest's virtual TPM. */
  readonly devices: readonly string[];
  /** Drawn while on and empty, and at full load; null: not known. */
  readonly power: { readonly idleWatts: number; readonly busyWatts: number } | null;
}

/** A secret is only ever a reference: `env:NAME` or `file:PATH`. */
export type SecretReference = string;

export interface AgentEndpoint {
  readonly url: string;
  readonly token: SecretReference;
  /** Path of the certificate authority that signed the agent's certificate; null for plain HTTP on loopback. */
  readonly certificateAuthority: string | null;
  /** Paths of what a caller shows an agent that asks for a certificate; null: it shows none. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
  /** When token or certificate end, in Unix seconds; null: not known to end. */
  readonly expiresSeconds: number | null;
}

export interface DnsServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly zones: readonly string[];
  readonly key: {
    readonly name: string;
    readonly secret: SecretReference;
    readonly expiresSeconds: number | null;
  } | null;
  readonly transferLagSeconds: number;
}

export interface DhcpServer {
  readonly name: string;
  /** Which driver speaks to it. */
  readonly driver: string;
  readonly url: string;
  readonly password: SecretReference | null;
  readonly leaseSeconds: number;
}

export interface Balancer {
  readonly name: string;
  /** Which driver speaks to it. */
  readonly driver: string;
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
  /** Times in which less may be used. */
  readonly caps: readonly (WeeklyWindow & { readonly rateBitsPerSecond: number })[];
  /** Networks that already stretch over this link: pairs 'site/network'. */
  readonly stretched: readonly (readonly [string, string])[];
  /** Whether a network may be stretched over it on request. */
  readonly stretchable: boolean;
  readonly encrypted: boolean;
  /** Expected outages per hour (rate of a Poisson process) and their mean length. */
  readonly outagesPerHour: number;
  readonly outageSeconds: number;
  /** Moves over it at once; null: not limited. */
  readonly movesMax: number | null;
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
  /** With egressIdentity 'old': only flows to these prefixes keep the old address; empty: all do. */
  readonly egressPrefixes: readonly string[];
  readonly addressTies: AddressTies;
  readonly traffic: Traffic;
  /** Part of its vCPUs' time that it uses, 0…1. */
  readonly cpuRatio: number;
  /** TCP ports that clients use; each must answer at the target before the source is released. */
  readonly ports: readonly number[];
  readonly cpuModel: string;
  /** Null: not known, so not checked. */
  readonly machineType: string | null;
  readonly devices: readonly string[];
  /** What its hypervisor holds for it and a live move must carry or refuse. */
  readonly vtpm: boolean;
  readonly snapshots: number;
  /** Images in its drives that lie on the source host ('installer.iso'). */
  readonly localMedia: readonly string[];
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
  /** Higher goes first. */
  readonly priority: number;
  /** When it may move; empty: always. */
  readonly windows: readonly WeeklyWindow[];
  /** Moves only under a runbook that names a change ticket. */
  readonly changeControlled: boolean;
}

/** Seconds of the week, Monday 00:00 UTC = 0; `from` < `to`: one that spans the turn of the week is two. */
export interface WeeklyWindow {
  readonly fromSecondOfWeek: number;
  readonly toSecondOfWeek: number;
}

/** What hangs on a workload's address and breaks, or must be told, when it changes. */
export interface AddressTies {
  /** It shares a virtual address with a neighbour on its segment. */
  readonly vrrp: boolean;
  /** It finds its neighbours by multicast or broadcast. */
  readonly multicast: boolean;
  /** Its address is written inside what it sends (SIP, FTP, licence keys). */
  readonly inPayload: boolean;
  /** Partners who let only its present address in. */
  readonly allowLists: readonly { readonly partner: string; readonly prefixes: readonly string[] }[];
}

/** What its clients do, on average. */
export interface Traffic {
  readonly openSessions: number;
  /** Mean life of a session; null: not known. */
  readonly sessionSeconds: number | null;
  readonly bytesPerSecond: number;
}

export interface Disk {
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** The shared storage it lies on; null: on its host's own disks. */
  readonly storage: string | null;
  readonly writeBytesPerSecond: number;
  readonly readBytesPerSecond: number;
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

/** Rules over workloads; `workloads` are names, sorted, selectors already applied. */
export interface Policies {
  readonly antiAffinity: readonly {
    readonly name: string;
    readonly workloads: readonly string[];
    readonly scope: 'host' | 'site';
  }[];
  /** At most ⌊(n−1)/2⌋ of the n are disturbed at once. */
  readonly quorums: readonly { readonly name: string; readonly workloads: readonly string[] }[];
  /** The workloads stay at sites whose `residency` is one of `allowed`. */
  readonly residency: readonly {
    readonly name: string;
    readonly workloads: readonly string[];
    readonly allowed: readonly string[];
  }[];
  /** The workloads run only at sites that may hold `zone`, and never on one host, or site, with `neverBeside`. */
  readonly zones: readonly {
    readonly name: string;
    readonly zone: string;
    readonly workloads: readonly string[];
    readonly neverBeside: readonly string[];
    readonly scope: 'host' | 'site';
  }[];
  /** The workloads may run only at `sites`, and on at most `hostsMax` hosts of each; null: any number. */
  readonly licences: readonly {
    readonly name: string;
    readonly workloads: readonly string[];
    readonly sites: readonly string[];
    readonly hostsMax: number | null;
  }[];
  /** Limits of live moves where they differ from the planner's own of that hypervisor. */
  readonly hypervisors: readonly HypervisorLimits[];
}

export interface HypervisorLimits {
  readonly hypervisor: string;
  readonly rttSecondsMax: number | null;
  readonly jitterSecondsMax: number | null;
  readonly lossMax: number | null;
  readonly rateBitsPerSecondMin: number | null;
}
