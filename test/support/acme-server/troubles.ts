/** How a fake CA misbehaves. Everything is off unless said. */
export interface AcmeTroubles {
  /** Refuses this many nonces in a row before it takes one. */
  nonceRefusals?: number
  /** How often an order is still `pending` when it is looked at after the last challenge. */
  validationLooks?: number
  /** How often an order is still `processing` when it is looked at after finalize. */
  processingLooks?: number
  /** Answers every newOrder with this problem. */
  newOrderProblem?: ToldProblem | undefined
  /** Refuses `replaces` in its own way. */
  refusesReplaces?: ToldProblem | undefined
  /** Answers finalize with this problem. */
  finalizeProblem?: ToldProblem | undefined
  /** Says orderNotReady this many times although the order is ready. */
  notReadyAnswers?: number
  /** Every validation fails, as if the name pointed elsewhere. */
  validationFails?: boolean
  /** Certifies a key of its own. */
  certifiesAnotherKey?: boolean
  /** Cuts this many downloads short. */
  truncatedDownloads?: number
  /** Forgets every order. */
  losesOrders?: boolean
  /** Known names need no challenge. */
  reusesAuthorizations?: boolean
  /** Lists challenges that no client knows, some without a token. */
  listsStrangeChallenges?: boolean
  /** Shows where to finalize only when the order is made. */
  hidesFinalize?: boolean
  /** Orders end this many milliseconds after they were made, and then are invalid without a reason. */
  orderLife?: number
  /** Its clock is this many milliseconds behind. */
  clockSlow?: number
  /** Every account is shown as deactivated. */
  deactivatesAccounts?: boolean
  externalAccountRequired?: boolean
  /** Says of every new account key that the account of this URL has it. */
  keyTaken?: string | undefined
  offersNoRenewalInfo?: boolean
}

export interface ToldProblem {
  readonly status: number
  readonly type: string
  readonly retryAfter?: string
  /** The document says nothing of the status. */
  readonly withoutStatus?: boolean
  /** There is no document at all, as from a proxy. */
  readonly withoutBody?: boolean
}
