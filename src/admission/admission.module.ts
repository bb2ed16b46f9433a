import { Global, Module } from '@nestjs/common'
import { TeamPolicies } from './team-policies.js'

/** What may be made. Global, since every domain that makes something asks for the policy of its team. */
@Global()
@Module({ providers: [TeamPolicies], exports: [TeamPolicies] })
export class AdmissionModule {}
