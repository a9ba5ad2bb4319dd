import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import type { UserPrincipal } from './principal.ts';

/** Credentials of a user. */
export class LoginRequest {
  @ApiProperty({ description: 'E-mail address, upper and lower case alike', maxLength: 254 })
  @IsString()
  @MinLength(3)
  @MaxLength(254)
  email: string;

  @ApiProperty({ maxLength: 256 })
  @IsString()
  @MinLength(1)
  @MaxLength(256)
  password: string;
}

/** The signed-in user. */
export class SignedInUser {
  @ApiProperty()
  id: number;

  @ApiProperty()
  email: string;

  @ApiProperty()
  name: string;

  @ApiProperty()
  role: string;

  @ApiProperty({ type: Number, nullable: true, description: 'The one client a restricted user belongs to' })
  client_id: number | null;

  static of(user: UserPrincipal): SignedInUser {
    return Object.assign(new SignedInUser(), {
      id: user.id,
      email: user.email,
      name: user.name,
      role: user.role,
      client_id: user.clientId,
    });
  }
}

export class LoginAnswer {
  @ApiProperty()
  success: true;

  @ApiProperty({ description: 'Session token for callers without cookies; valid for 12 hours' })
  token: string;

  @ApiProperty()
  user: SignedInUser;
}

export class MeAnswer {
  @ApiProperty()
  success: true;

  @ApiProperty()
  user: SignedInUser;
}

export class CsrfAnswer {
  @ApiProperty()
  success: true;

  @ApiProperty({ description: 'Send it as X-CSRF-Token with every change made under the session cookie' })
  token: string;
}
