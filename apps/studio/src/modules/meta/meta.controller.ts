import { readFileSync } from 'node:fs';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ServiceMeta } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { Public } from '@tandem/platform/identity/access';
import { StudioConfig } from '../../config/config.ts';

const packageJson = new URL('../../../package.json', import.meta.url);

/** Version of the build, as its package says. */
export const STUDIO_VERSION = (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;

/** `GET /v1/health` */
export class ServiceHealth {
  @ApiProperty()
  ok: boolean;

  @ApiProperty({ example: 'tandem-studio' })
  service: string;

  @ApiProperty({ format: 'date-time' })
  ts: string;
}

/** Who answers here. Public; holds no secret. */
@ApiTags('meta')
@Public()
@Controller('v1')
export class MetaController {
  constructor(
    private readonly config: StudioConfig,
    private readonly clock: Clock,
  ) {}

  @Get('meta')
  @ApiOperation({ summary: 'Which service, version and environment this is' })
  @ApiResponse({ status: 200, type: ServiceMeta })
  meta(): ServiceMeta {
    return {
      app: 'tandem-studio',
      service: 'api',
      version: STUDIO_VERSION,
      env: this.config.isProduction ? 'prod' : 'dev',
      git_sha: this.config.gitSha,
      build_time: null,
    };
  }

  @Get('health')
  @ApiOperation({ summary: 'Does the service answer' })
  @ApiResponse({ status: 200, type: ServiceHealth })
  health(): ServiceHealth {
    return { ok: true, service: 'tandem-studio', ts: this.clock.now().toISOString() };
  }
}
