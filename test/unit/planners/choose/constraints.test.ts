import { describe, expect, test } from 'vitest';
import { type Case, expectReason } from '../../../support/against.ts';
import { aWorkload } from '../../../support/fleets.ts';
import { diskOf } from '../../../support/topology.ts';

const gibibyte = 2 ** 30;
const mac = '52:54:00:00:00:10';
const ties = { vrrp: false, multicast: false, inPayload: false, allowLists: [] };
const [address] = aWorkload().addresses;
const onShared = diskOf('data', { storage: 'san', readBytesPerSecond: 30 * 2 ** 20 });

/** What the rules say before anything is estimated. */
const cases: Readonly<Record<string, Case>> = {
  'round trip of the hypervisor': {
    link: { rttSeconds: 0.2 },
    method: 'routed-live',
    code: 'round-trip-too-long',
    values: { rttSeconds: 0.2, limitSeconds: 0.15, hypervisor: 'simulated' },
  },
  'jitter of the hypervisor': {
    link: { jitterSeconds: 0.06 },
    method: 'routed-live',
    code: 'jitter-too-high',
    values: { jitterSeconds: 0.06, limitSeconds: 0.05, hypervisor: 'simulated' },
  },
  'loss of the hypervisor': {
    link: { loss: 0.02 },
    method: 'routed-live',
    code: 'loss-too-high',
    values: { lossRatio: expect.closeTo(0.02) as number, limitRatio: 0.01, hypervisor: 'simulated' },
  },
  'rate of the hypervisor, changed by a policy': {
    policies: {
      hypervisors: [
        {
          hypervisor: 'simulated',
          rttSecondsMax: null,
          jitterSecondsMax: null,
          lossMax: null,
          rateBitsPerSecondMin: 900e6,
        },
      ],
    },
    method: 'routed-live',
    code: 'rate-too-low',
    values: { rateBitsPerSecond: 800e6, limitBitsPerSecond: 900e6, hypervisor: 'simulated' },
  },
  'a runbook that gives moves nothing of the links': {
    workload: { sessions: 'may-break', downtimeBudgetSeconds: 3600 },
    linkShareMax: 0,
    method: 'cold',
    code: 'link-share-zero',
    values: { link: 'wan' },
  },
  'a link that is all for production': {
    link: { reservedRatio: 1 },
    method: 'routed-live',
    code: 'link-all-reserved',
    values: { link: 'wan' },
  },
  'a stretched segment beyond the metro: round trip': {
    link: { stretchable: true },
    method: 'stretched-live',
    code: 'stretch-round-trip',
    values: { rttSeconds: 0.02, limitSeconds: 0.01 },
  },
  'a stretched segment beyond the metro: rate': {
    link: { stretchable: true, rateBitsPerSecond: 500e6, reservedRatio: 0 },
    method: 'stretched-live',
    code: 'stretch-rate',
    values: { rateBitsPerSecond: 500e6, limitBitsPerSecond: 600e6 },
  },
  'a segment that ends at its site': {
    method: 'stretched-live',
    code: 'segment-not-stretched',
    values: { network: 'lan', source: 'paris', target: 'lyon' },
  },
  'frames that do not fit the path with a tunnel around them': {
    link: { stretchable: true },
    method: 'stretched-live',
    code: 'stretch-mtu',
    values: { mtuBytes: 1500, overheadBytes: 50, pathMtuBytes: 1500 },
  },
  'frames of a segment that is stretched already, larger than its link carries': {
    link: { stretched: [['paris/lan', 'lyon/lan']], mtuBytes: 1400 },
    method: 'stretched-live',
    code: 'stretched-mtu',
    values: { network: 'lan', mtuBytes: 1500, pathMtuBytes: 1400, path: 'wan' },
  },
  'frames of a segment that is stretched already, larger than its far end carries': {
    link: { stretched: [['paris/lan', 'lyon/lan']] },
    network: { mtuBytes: 1450 },
    method: 'stretched-live',
    code: 'stretched-mtu-far',
    values: { network: 'lan', mtuBytes: 1500, farMtuBytes: 1450, far: 'lan', site: 'lyon' },
  },
  'processor architecture': {
    host: { cpuArchitecture: 'aarch64' },
    method: 'cold',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 architecture' },
  },
  'processor model, for a live move': {
    host: { cpuModels: ['Icelake-Server'] },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 CPU model' },
  },
  'machine type': {
    host: { machineTypes: ['pc-i440fx-6.2'] },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 machine type' },
  },
  'kind of hypervisor': {
    host: { hypervisor: 'vsphere' },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 hypervisor' },
  },
  'memory at the target': {
    host: { memoryBytes: 4 * gibibyte },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 memory' },
  },
  'room for its disks': {
    workload: { disks: [diskOf('data')] },
    host: { storageBytes: gibibyte },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 storage' },
  },
  'storage left behind': {
    workload: { disks: [onShared] },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 shared storage san' },
  },
  'storage too far for its operations': {
    workload: { disks: [onShared] },
    host: { storages: ['san'] },
    method: 'routed-live',
    code: 'storage-too-far',
    values: { waitRatio: 38.4, rttSeconds: 0.02, storages: 'san' },
  },
  'virtual TPM': {
    workload: { vtpm: true },
    method: 'cold',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 virtual TPM' },
  },
  'a device that is passed through': {
    workload: { devices: ['gpu'] },
    host: { devices: ['gpu'] },
    method: 'routed-live',
    code: 'device-passed-through',
    values: { device: 'gpu' },
  },
  snapshots: {
    workload: { snapshots: 2 },
    method: 'routed-live',
    code: 'has-snapshots',
    values: { snapshots: 2 },
  },
  'local media': {
    workload: { localMedia: ['installer.iso'] },
    method: 'routed-live',
    code: 'local-media',
    values: { media: 'installer.iso' },
  },
  'port security at the target': {
    network: { portSecurity: true },
    method: 'routed-live',
    code: 'port-security',
    values: { network: 'lan', site: 'lyon', mac },
  },
  'a MAC address that is there already': {
    beside: [{ name: 'twin', addresses: [{ ...address!, address: '10.2.0.77', newAddresses: {} }] }],
    method: 'routed-live',
    code: 'mac-collision',
    values: { mac, other: 'twin', site: 'lyon' },
  },
  'a gateway that is not ours': {
    network: { gatewayInline: false },
    method: 'routed-live',
    code: 'gateway-not-inline',
    values: { network: 'lan', site: 'lyon' },
  },
  'no address at the target': {
    workload: { addresses: [{ ...address!, newAddresses: {} }] },
    method: 'routed-live',
    code: 'no-address-at-target',
    values: { workload: 'app', site: 'lyon', address: '10.1.0.10' },
  },
  'an address by DHCP': {
    workload: { addresses: [{ ...address!, origin: 'dhcp' }] },
    method: 'routed-live',
    code: 'address-by-dhcp',
    values: { address: '10.1.0.10' },
  },
  'a partner who lets only the old address in': {
    workload: { addressTies: { ...ties, allowLists: [{ partner: 'bank', prefixes: ['198.51.100.0/24'] }] } },
    method: 'routed-live',
    code: 'partner-allow-list',
    values: { partner: 'bank', method: 'routed-live' },
  },
  'an address inside the payload': {
    workload: { addressTies: { ...ties, inPayload: true } },
    method: 'cold',
    code: 'address-in-payload',
    values: { method: 'cold' },
  },
  'a neighbour by VRRP': {
    workload: { addressTies: { ...ties, vrrp: true } },
    method: 'routed-live',
    code: 'address-shared-by-vrrp',
    values: { method: 'routed-live' },
  },
  'neighbours by multicast': {
    workload: { addressTies: { ...ties, multicast: true } },
    method: 'routed-live',
    code: 'needs-multicast',
    values: { method: 'routed-live' },
  },
  residency: {
    site: { residency: 'FR' },
    policies: { residency: [{ name: 'gdpr', workloads: ['app'], allowed: ['DE'] }] },
    method: 'routed-live',
    code: 'residency',
    values: { policy: 'gdpr', allowed: 'DE', site: 'lyon', residency: 'FR' },
  },
  'a licence for other sites': {
    policies: { licences: [{ name: 'oracle', workloads: ['app'], sites: ['paris'], hostsMax: null }] },
    method: 'cold',
    code: 'licence-site',
    values: { licence: 'oracle', sites: 'paris' },
  },
  'a compliance zone that the site may not hold': {
    policies: {
      zones: [{ name: 'cards', zone: 'pci', workloads: ['app'], neverBeside: [], scope: 'host' }],
    },
    method: 'routed-live',
    code: 'zone-not-held',
    values: { policy: 'cards', site: 'lyon', zone: 'pci' },
  },
  'card data at one site with what faces the public': {
    beside: [{ name: 'web' }],
    site: { zones: ['pci'] },
    policies: {
      zones: [{ name: 'cards', zone: 'pci', workloads: ['app'], neverBeside: ['web'], scope: 'site' }],
    },
    method: 'routed-live',
    code: 'zone-neighbour-at-site',
    values: { policy: 'cards', other: 'web', site: 'lyon' },
  },
  'anti-affinity over sites': {
    beside: [{ name: 'other' }],
    policies: { antiAffinity: [{ name: 'apart', workloads: ['app', 'other'], scope: 'site' }] },
    method: 'routed-live',
    code: 'anti-affinity-site',
    values: { policy: 'apart', other: 'other', site: 'lyon' },
  },
  'a quorum that tolerates nobody missing': {
    beside: [{ name: 'other' }],
    policies: { quorums: [{ name: 'etcd', workloads: ['app', 'other'] }] },
    method: 'routed-live',
    code: 'quorum-too-small',
    values: { policy: 'etcd', members: 2 },
  },
  'a talkative peer too far away': {
    workload: { peers: [{ workload: 'home', bytesPerSecond: 1e6, rttMaxSeconds: 0.005 }] },
    beside: [{ name: 'home', site: 'paris', host: 'h2' }],
    method: 'routed-live',
    code: 'peer-too-far',
    values: { rttSeconds: 0.02, peer: 'home', limitSeconds: 0.005 },
  },
  'change control': {
    workload: { changeControlled: true },
    method: 'routed-live',
    code: 'change-ticket-missing',
    values: { workload: 'app' },
  },
  'a stretched segment beyond the metro: distance': {
    site: { location: { latitudeDegrees: 45.76, longitudeDegrees: 4.84 } },
    home: { location: { latitudeDegrees: 48.86, longitudeDegrees: 2.35 } },
    link: { stretchable: true },
    method: 'stretched-live',
    code: 'stretch-distance',
    values: { distanceKilometres: expect.closeTo(392, 0) as number, limitKilometres: 200 },
  },
  'port security at the far end of a stretched segment': {
    link: { stretched: [['paris/lan', 'lyon/lan']] },
    network: { portSecurity: true },
    method: 'stretched-live',
    code: 'port-security',
    values: { network: 'lan', site: 'lyon', mac },
  },
  'an address whose MAC address is not known': {
    workload: { addresses: [{ ...address!, mac: null }] },
    method: 'routed-live',
    code: 'address-without-mac',
    values: { address: '10.1.0.10' },
  },
  'sites without a link between them': {
    link: { between: ['paris', 'elsewhere'] },
    method: 'cold',
    code: 'no-path',
    values: { source: 'paris', target: 'lyon' },
  },
  'a licence for one host that another holds': {
    beside: [{ name: 'other', host: 'h1' }],
    workload: { memoryBytes: 300 * gibibyte },
    host: { memoryBytes: 305 * gibibyte },
    policies: {
      licences: [{ name: 'oracle', workloads: ['app', 'other'], sites: ['lyon'], hostsMax: 1 }],
    },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '1 licence, 1 memory' },
  },
  'anti-affinity over hosts': {
    beside: [
      { name: 'one', host: 'h1' },
      { name: 'two', host: 'h2' },
    ],
    policies: { antiAffinity: [{ name: 'apart', workloads: ['app', 'one', 'two'], scope: 'host' }] },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 anti-affinity' },
  },
  'card data on one host with what faces the public': {
    beside: [
      { name: 'one', host: 'h1' },
      { name: 'two', host: 'h2' },
    ],
    site: { zones: ['pci'] },
    policies: {
      zones: [{ name: 'cards', zone: 'pci', workloads: ['app'], neverBeside: ['one', 'two'], scope: 'host' }],
    },
    method: 'routed-live',
    code: 'no-host-fits',
    values: { site: 'lyon', counts: '2 compliance neighbour' },
  },
  'sessions that must be kept': {
    method: 'cold',
    code: 'sessions-would-break',
    values: { method: 'cold', policy: 'keep' },
  },
  'no clone to redirect to': { method: 'redirect', code: 'no-clone', values: {} },
};

describe('what stands against a method is a coded reason with its numbers', () => {
  test.each(Object.entries(cases))('%s', (_, each) => expectReason(each));
});
