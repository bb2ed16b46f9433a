import { RouteConfig } from '@nestjs/platform-fastify'
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js'
import type { FastifyContextConfig } from 'fastify'

/** More of a route's config; Nest's own decorator forgets what another has said. */
export function MoreRouteConfig(config: FastifyContextConfig): MethodDecorator {
  return (target, key, descriptor) => {
    const known = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value as object) as FastifyContextConfig | undefined
    RouteConfig({ ...known, ...config })(target, key, descriptor)
  }
}
