import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common'
import { Engine } from './engine.js'
import { Inventory } from './inventory.js'
import { ENGINE_OPTIONS, type EngineOptions } from './options.js'

type OptionsFactory = Pick<FactoryProvider<EngineOptions>, 'useFactory' | 'inject'>

const inventory = { provide: Inventory, useFactory: (engine: Engine) => engine.inventory, inject: [Engine] }

/** Provides Engine and its Inventory to the whole application. */
@Module({})
export class EngineModule {
  static forRoot(options: EngineOptions): DynamicModule {
    return EngineModule.forRootAsync({ useFactory: () => options })
  }

  /** With options from another provider, usually the configuration. */
  static forRootAsync(factory: OptionsFactory): DynamicModule {
    const options = { provide: ENGINE_OPTIONS, ...factory }
    return { module: EngineModule, global: true, providers: [options, Engine, inventory], exports: [Engine, Inventory] }
  }
}
