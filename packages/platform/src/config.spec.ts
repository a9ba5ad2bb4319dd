import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.ts';

const read = (environment: Record<string, string>) =>
  readConfig(environment, (config) => ({
    port: config.port('PORT', 8080),
    url: config.url('DATABASE_URL'),
    secret: config.secret('SECRET', { developmentDefault: 'development secret' }),
    token: config.secret('TOKEN'),
    mode: config.oneOf('MODE', ['CREDIT', 'POSTPAID'], 'POSTPAID'),
    origins: config.list('ORIGINS', []),
    isOn: config.bool('ON', false),
    name: config.text('NAME'),
  }));

describe('readConfig', () => {
  test('lists every problem at once, without a value', () => {
    const bad = {
      NODE_ENV: 'production',
      PORT: '99999',
      DATABASE_URL: 'nowhere',
      MODE: 'FREE',
      ON: 'perhaps',
      TOKEN: 'hunter2',
    };
    const error = ((): unknown => {
      try {
        return read(bad);
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(ConfigError);
    const { problems, message } = error as ConfigError;
    expect(problems.map((line) => line.split(' ')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'SECRET',
      'TOKEN',
      'MODE',
      'ON',
      'NAME',
    ]);
    expect(message).not.toContain('hunter2');
  });

  const good = { DATABASE_URL: 'postgres://localhost/x', NAME: 'x' };

  test('in development fills in secrets: the default, or a new random one', () => {
    const first = read({ ...good, NODE_ENV: 'development' });
    expect(first).toMatchObject({
      port: 8080,
      secret: 'development secret',
      mode: 'POSTPAID',
      origins: [],
      isOn: false,
    });
    expect(first.token).not.toBe(read({ ...good, NODE_ENV: 'development' }).token);
  });

  test('an environment nobody named is treated as production', () => {
    expect(() => read(good)).toThrow(/SECRET is missing/);
    expect(() => read({ ...good, NODE_ENV: 'staging' })).toThrow(/TOKEN is missing/);
  });

  test('outside development refuses the development secret', () => {
    const environment = { ...good, NODE_ENV: 'production', SECRET: 'development secret', TOKEN: 'a long enough token' };
    expect(() => read(environment)).toThrow(/SECRET still has its development value/);
  });

  test('reads lists and truth values', () => {
    const environment = { ...good, NODE_ENV: 'test', ORIGINS: ' a , ,b', ON: 'Yes', PORT: '0' };
    expect(read(environment)).toMatchObject({ origins: ['a', 'b'], isOn: true, port: 0 });
  });
});
