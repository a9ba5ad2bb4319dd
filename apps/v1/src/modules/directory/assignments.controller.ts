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
import { readIdCursor } from '../../http/cursors.ts';
import { KeysetQuery } from '../../http/keyset-query.ts';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { V1_ROLES, WRITERS } from '../identity/roles.ts';
import { SEES_ALL, type Visibility, visibilityOf } from '../identity/visibility.ts';
import { CreateAssignment } from './create-assignment.ts';
import { assignmentChangeFromContract, assignmentFromContract, assignmentToContract } from './directory.convert.ts';
import { AssignmentPage, AssignmentRow, CreateAssignmentBody, UpdateAssignmentBody } from './directory.dto.ts';
import { DirectoryRowNotFoundError } from './directory.errors.ts';
import { DirectoryQueries } from './directory.queries.ts';
import { UpdateAssignment } from './update-assignment.ts';

@ApiTags('directory')
@ApiBearerAuth('bearer')
@ApiUnauthorizedResponse({ description: '`unauthorized`' })
@ApiForbiddenResponse({ description: '`forbidden`: the role may not do this' })
@ApiBadRequestResponse({ description: '`validation_failed` with the path of every faulty field' })
@Controller('v1/assignments')
export class AssignmentsController {
  constructor(
    private readonly createAssignment: CreateAssignment,
    private readonly updateAssignment: UpdateAssignment,
    private readonly directory: DirectoryQueries,
  ) {}

  @Get()
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'List assignments, newest first', description: 'A publisher sees those of its client.' })
  @ApiOkResponse({ type: AssignmentPage })
  async list(
    @Query() { q, cursor, limit }: KeysetQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AssignmentPage> {
    const page = { q, before: readIdCursor(cursor), limit: limit + 1 };
    const assignments = await this.directory.assignments(page, visibilityOf(principal));
    const { rows, next_cursor } = toPage(assignments, limit, ({ id }) => [id]);
    return { items: rows.map(assignmentToContract), next_cursor };
  }

  @Get(':id')
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'Read one assignment' })
  @ApiOkResponse({ type: AssignmentRow })
  @ApiNotFoundResponse({ description: "`not_found`: no such assignment, or not one of the caller's client" })
  read(@IdParam() id: number, @CurrentPrincipal() principal: Principal): Promise<AssignmentRow> {
    return this.find(id, visibilityOf(principal));
  }

  @Post()
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Open an assignment' })
  @ApiCreatedResponse({ type: AssignmentRow })
  @ApiConflictResponse({ description: '`already_exists`: the code is taken' })
  async create(@Body() body: CreateAssignmentBody, @CurrentActor() actor: Actor): Promise<AssignmentRow> {
    return this.find(await this.createAssignment.run(actor, assignmentFromContract(body)), SEES_ALL);
  }

  @Patch(':id')
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Change an assignment' })
  @ApiOkResponse({ type: AssignmentRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`stale_version`' })
  async update(
    @IdParam() id: number,
    @Body() body: UpdateAssignmentBody,
    @CurrentActor() actor: Actor,
  ): Promise<AssignmentRow> {
    await this.updateAssignment.run(actor, { id, version: body.version, change: assignmentChangeFromContract(body) });
    return this.find(id, SEES_ALL);
  }

  private async find(id: number, visibility: Visibility): Promise<AssignmentRow> {
    const assignment = await this.directory.assignment(id, visibility);
    if (assignment === null) throw new DirectoryRowNotFoundError('assignment');
    return assignmentToContract(assignment);
  }
}
