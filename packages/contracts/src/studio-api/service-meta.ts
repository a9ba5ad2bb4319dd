import { ApiProperty } from '@nestjs/swagger';

/** `GET /v1/meta`: who answers here. Public; holds no secret (TR-21). */
export class ServiceMeta {
  @ApiProperty({ example: 'tandem-studio' })
  app: string;

  @ApiProperty({ example: 'api' })
  service: string;

  @ApiProperty({ description: 'Version of the build' })
  version: string;

  @ApiProperty({ enum: ['prod', 'dev'] })
  env: 'prod' | 'dev';

  @ApiProperty({ type: String, nullable: true })
  git_sha: string | null;

  @ApiProperty({ type: String, nullable: true })
  build_time: string | null;
}
