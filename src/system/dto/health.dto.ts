/** All is well; what is not is answered as a problem with its status. */
export class HealthResponse {
  /** `ok` */
  status!: string
}
