// A Caliper workload that sends prepared calls, one a transaction: each worker as the relay of one organisation.
'use strict';

const { readFileSync } = require('node:fs');
const { WorkloadModuleBase } = require('@hyperledger/caliper-core');

class Calls extends WorkloadModuleBase {
  async initializeWorkloadModule(workerIndex, totalWorkers, roundIndex, roundArguments, sutAdapter, sutContext) {
    await super.initializeWorkloadModule(workerIndex, totalWorkers, roundIndex, roundArguments, sutAdapter, sutContext);
    const { organisations } = roundArguments;
    this.organisation = organisations[workerIndex % organisations.length];
    this.calls = JSON.parse(readFileSync(`${roundArguments.folder}/${this.organisation}.json`, 'utf8'));
    this.next = 0;
  }

  async submitTransaction() {
    const { channel, contract, contractFunction } = this.roundArguments;
    await this.sutAdapter.sendRequests({
      channel,
      contractId: contract,
      contractFunction,
      contractArguments: this.calls[this.next++],
      invokerMspId: this.organisation,
      invokerIdentity: 'relay',
      readOnly: false,
    });
  }
}

module.exports.createWorkloadModule = () => new Calls();
