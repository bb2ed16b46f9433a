import { Module } from '@nestjs/common'
import { ExecEnd } from './exec-end.js'
import { ExecStream } from './exec.stream.js'
import { LogsStream } from './logs.stream.js'

@Module({ providers: [LogsStream, ExecStream, ExecEnd] })
export class ContainersModule {}
