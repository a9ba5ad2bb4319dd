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
import { Roles } from '@tandem/platform/identity/access';
import { toPage } from '@tandem/platform/http/paging';
import { readNameCursor } from '../../http/cursors.ts';
import { KeysetQuery } from '../../http/keyset-query.ts';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { STAFF_READERS, WRITERS } from '../identity/roles.ts';
import { CreateParty } from './create-party.ts';
import { partyChangeFromContract, partyFromContract, partyToContract } from './directory.convert.ts';
import { CreatePartyBody, PartnerPage, PartyRow, UpdatePartyBody } from './directory.dto.ts';
import { DirectoryRowNotFoundError } from './directory.errors.ts';
import { DirectoryQueries } from './directory.queries.ts';
import { UpdateParty } from './update-party.ts';

@ApiTags('directory')
@ApiBearerAuth('bearer')
@ApiUnauthorizedResponse({ description: '`unauthorized`' })
@ApiForbiddenResponse({ description: '`forbidden`: the role may not do this; partners are not shown to publishers' })
@ApiBadRequestResponse({ description: '`validation_failed` with the path of every faulty field' })
@Controller('v1/partners')
export class PartnersController {
  constructor(
    private readonly createParty: CreateParty,
    private readonly updateParty: UpdateParty,
    private readonly directory: DirectoryQueries,
  ) {}

  @Get()
  @Roles(...STAFF_READERS)
  @ApiOperation({ summary: 'List partners (referral channels) by name' })
  @ApiOkResponse({ type: PartnerPage })
  async list(@Query() { q, cursor, limit }: KeysetQuery): Promise<PartnerPage> {
    const partners = await this.directory.partners({ q, after: readNameCursor(cursor), limit: limit + 1 });
    const { rows, next_cursor } = toPage(partners, limit, ({ name, id }) => [name, id]);
    return { items: rows.map((row) => partyToContract('partner', row)), next_cursor };
  }

  @Get(':id')
  @Roles(...STAFF_READERS)
  @ApiOperation({ summary: 'Read one partner' })
  @ApiOkResponse({ type: PartyRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  async read(@IdParam() id: number): Promise<PartyRow> {
    const partner = await this.directory.partner(id);
    if (partner === null) throw new DirectoryRowNotFoundError('partner');
    return partyToContract('partner', partner);
  }

  @Post()
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Add a partner' })
  @ApiCreatedResponse({ type: PartyRow })
  async create(@Body() body: CreatePartyBody, @CurrentActor() actor: Actor): Promise<PartyRow> {
    return this.read(await this.createParty.run(actor, 'partner', partyFromContract(body)));
  }

  @Patch(':id')
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Change a partner' })
  @ApiOkResponse({ type: PartyRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`stale_version`' })
  async update(@IdParam() id: number, @Body() body: UpdatePartyBody, @CurrentActor() actor: Actor): Promise<PartyRow> {
    const change = partyChangeFromContract(body);
    await this.updateParty.run(actor, { kind: 'partner', id, version: body.version, change });
    return this.read(id);
  }
}
