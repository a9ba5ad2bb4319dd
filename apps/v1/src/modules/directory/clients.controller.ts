import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '@tandem/platform/identity/access';
import type { Principal } from '@tandem/platform/identity/principal';
import { toPage } from '@tandem/platform/http/paging';
import { readNameCursor } from '../../http/cursors.ts';
import { KeysetQuery } from '../../http/keyset-query.ts';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { V1_ROLES, WRITERS } from '../identity/roles.ts';
import { SEES_ALL, type Visibility, visibilityOf } from '../identity/visibility.ts';
import { CreateParty } from './create-party.ts';
import { clientToContract, partyChangeFromContract, partyFromContract } from './directory.convert.ts';
import { ClientPage, ClientRow, CreatePartyBody, UpdatePartyBody } from './directory.dto.ts';
import { DirectoryRowNotFoundError } from './directory.errors.ts';
import { DirectoryQueries } from './directory.queries.ts';
import { UpdateParty } from './update-party.ts';

@ApiTags('directory')
@ApiBearerAuth('bearer')
@ApiUnauthorizedResponse({ description: '`unauthorized`' })
@ApiForbiddenResponse({ description: '`forbidden`: the role may not do this' })
@ApiBadRequestResponse({ description: '`validation_failed` with the path of every faulty field' })
@Controller('v1/clients')
export class ClientsController {
  constructor(
    private readonly createParty: CreateParty,
    private readonly updateParty: UpdateParty,
    private readonly directory: DirectoryQueries,
  ) {}

  @Get()
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'List clients by name', description: 'A publisher sees its own client only.' })
  @ApiOkResponse({ type: ClientPage })
  async list(
    @Query() { q, cursor, limit }: KeysetQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ClientPage> {
    const page = { q, after: readNameCursor(cursor), limit: limit + 1 };
    const clients = await this.directory.clients(page, visibilityOf(principal));
    const { rows, next_cursor } = toPage(clients, limit, ({ name, id }) => [name, id]);
    return { items: rows.map(clientToContract), next_cursor };
  }

  @Get(':id')
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'Read one client' })
  @ApiOkResponse({ type: ClientRow })
  @ApiNotFoundResponse({ description: "`not_found`: no such client, or not the caller's" })
  read(@IdParam() id: number, @CurrentPrincipal() principal: Principal): Promise<ClientRow> {
    return this.find(id, visibilityOf(principal));
  }

  @Post()
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Add a client' })
  @ApiCreatedResponse({ type: ClientRow })
  async create(@Body() body: CreatePartyBody, @CurrentActor() actor: Actor): Promise<ClientRow> {
    return this.find(await this.createParty.run(actor, 'client', partyFromContract(body)), SEES_ALL);
  }

  @Patch(':id')
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Change a client' })
  @ApiOkResponse({ type: ClientRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`stale_version`' })
  async update(@IdParam() id: number, @Body() body: UpdatePartyBody, @CurrentActor() actor: Actor): Promise<ClientRow> {
    const change = partyChangeFromContract(body);
    await this.updateParty.run(actor, { kind: 'client', id, version: body.version, change });
    return this.find(id, SEES_ALL);
  }

  private async find(id: number, visibility: Visibility): Promise<ClientRow> {
    const client = await this.directory.client(id, visibility);
    if (client === null) throw new DirectoryRowNotFoundError('client');
    return clientToContract(client);
  }
}
