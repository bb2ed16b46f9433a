import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../../access/index.js'
import { Granted, Operation } from '../../http/operation.decorator.js'
import { CreatedWebhook, CreateWebhookBody, ListWebhooksQuery, WebhookPage } from './webhook.dto.js'
import { Webhooks } from './webhooks.service.js'

/** Events that are told to an address of the team. */
@ApiTags('webhooks')
@Controller('webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: Webhooks) {}

  @Get()
  @Operation('WebhookList', 'Webhooks of your teams, and how they are doing')
  list(@Granted() grant: Grant<'WebhookList'>, @Query() query: ListWebhooksQuery): Promise<WebhookPage> {
    return this.webhooks.list(grant, query)
  }

  /** Told from now on. Command lines of execs are left out. */
  @Post()
  @Operation('WebhookCreate', 'Be told of events')
  create(@Granted() grant: Grant<'WebhookCreate'>, @Body() body: CreateWebhookBody): Promise<CreatedWebhook> {
    return this.webhooks.create(grant, body)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation('WebhookDelete', 'Be told no more')
  remove(@Granted() grant: Grant<'WebhookDelete'>, @Param('id') _id: string): Promise<void> {
    return this.webhooks.remove(grant)
  }
}
