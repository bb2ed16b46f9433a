import { Module } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, DiscoveryModule } from '@nestjs/core'
import { AccessGuard } from './access.guard.js'
import { SystemModule } from '../system/system.module.js'
import { ContractDocument } from './contract-document.js'
import { Coverage } from './coverage.js'
import { Drain } from './drain.js'
import { DryRunInterceptor } from './dry-run.js'
import { IdempotencyInterceptor } from './idempotency.interceptor.js'
import { KeptAnswersRetention } from './kept-answers-retention.js'
import { KeptAnswers } from './kept-answers.js'
import { OpenApiController } from './openapi.controller.js'
import { OutcomeInterceptor } from './outcome.interceptor.js'
import { ProblemFilter } from './problem.filter.js'
import { RevisionInterceptor } from './revision.interceptor.js'
import { StrictValidationPipe } from './validation.pipe.js'

/** The REST edge: one guard, one pipe, one filter, and what every answer passes, for every controller there is. */
@Module({
  imports: [DiscoveryModule, SystemModule],
  controllers: [OpenApiController],
  providers: [
    ContractDocument,
    Coverage,
    Drain,
    KeptAnswers,
    KeptAnswersRetention,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_PIPE, useClass: StrictValidationPipe },
    // Around all others: it keeps an answer with everything that they put into it.
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: RevisionInterceptor },
    { provide: APP_INTERCEPTOR, useClass: OutcomeInterceptor },
    // After the audit's: what is only tried has no outcome.
    { provide: APP_INTERCEPTOR, useClass: DryRunInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class HttpModule {}
