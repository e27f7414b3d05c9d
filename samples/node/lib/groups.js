'use strict';

const addon = require('./addon');
const { places, text, texts } = require('./check');

/** What the calls of the addon give: [error or null, JSON or places]. The error has what was found as `result`. */
async function answer(promise) {
  const [error, found] = await promise;
  const result = typeof found === 'string' ? JSON.parse(found) : found;
  if (error === null) return result;
  error.result = result;
  throw error;
}

/** Administration of groups, and their offsets. */
class Groups {
  #session;

  constructor(session) {
    this.#session = session;
  }
  list({ states, types } = {}) {
    const words = (value) => (value === undefined ? undefined : [].concat(value).join(','));
    return answer(addon.listGroups(this.#session, words(states), words(types)));
  }
  describe(names) {
    return answer(addon.describeGroups(this.#session, texts('names', names)));
  }
  async lag(group) {
    return (await answer(addon.groupLag(this.#session, text('group', group)))).partitions;
  }
  async delete(names) {
    return (await answer(addon.deleteGroups(this.#session, texts('names', names)))).groups;
  }
  async deleteOffsets(group, partitions) {
    const found = answer(addon.deleteGroupOffsets(this.#session, text('group', group), places('partitions', partitions)));
    return (await found).partitions;
  }
  async removeMembers(group, { memberIds = [], instanceIds = [], reason } = {}) {
    const found = answer(addon.removeMembers(this.#session, text('group', group), memberIds, instanceIds, reason));
    return (await found).members;
  }
  offsets(group, partitions) {
    return answer(addon.groupOffsets(this.#session, text('group', group), places('partitions', partitions)));
  }
  commit(group, list) {
    return answer(addon.groupCommit(this.#session, text('group', group), places('places', list)));
  }
  reset(group, partitions, to = 'earliest') {
    if (to !== 'earliest' && to !== 'latest') throw new TypeError(`to must be 'earliest' or 'latest', not ${to}`);
    return answer(addon.groupReset(this.#session, text('group', group), places('partitions', partitions),
      to === 'latest'));
  }
}

module.exports = { Groups, answer };
