/** What a record is made of, where it answers, and whether it was taken away. */
export const enLife = {
  life: {
    takenDown: 'Taken down',
    takenDownBy: 'Those who run the node took this record away. Only they can lift it.',
    claimStates: { proved: 'proved', claimed: 'claimed, not proved' },
  },
}
