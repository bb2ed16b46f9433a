import { Module } from '@nestjs/common'
import { EventLog } from './event-log.js'
import { EventNaming } from './event-naming.js'
import { EventOwners } from './event-owner.js'
import { EventRecorder } from './event-recorder.js'
import { EventsController } from './events.controller.js'
import { Events } from './events.service.js'
import { EventsStream } from './events.stream.js'
import { ImageEvents } from './image-events.js'
import { WebhookDeliveries } from './webhooks/webhook-deliveries.js'
import { WebhookKeys } from './webhooks/webhook-keys.js'
import { WebhookReach } from './webhooks/webhook-reach.js'
import { WebhookSender } from './webhooks/webhook-sender.js'
import { WebhooksController } from './webhooks/webhooks.controller.js'
import { Webhooks } from './webhooks/webhooks.service.js'

/** What happens on the host, kept for a while. */
@Module({
  controllers: [EventsController, WebhooksController],
  providers: [
    EventLog,
    EventNaming,
    EventOwners,
    EventRecorder,
    Events,
    EventsStream,
    ImageEvents,
    WebhookDeliveries,
    WebhookKeys,
    WebhookReach,
    WebhookSender,
    Webhooks,
  ],
})
export class EventsModule {}
