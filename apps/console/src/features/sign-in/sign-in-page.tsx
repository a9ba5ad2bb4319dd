import { Alert, Button, Center, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { Face } from '../../shared/face.ts';
import { signIn } from '../../shared/session/session.ts';
import { Logo } from '../../shared/ui/logo.tsx';

/** Asks for e-mail and password; `onSignedIn` leads on. */
export function SignInPage({ face, onSignedIn }: { face: Face; onSignedIn(): void }) {
  const queryClient = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const attempt = useMutation({
    mutationFn: () => signIn(queryClient, email.trim(), password),
    onSuccess: onSignedIn,
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!attempt.isPending) attempt.mutate();
  };
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper p="xl" w="100%" maw={400} shadow="sm">
        <form onSubmit={submit}>
          <Stack>
            <Group gap="sm">
              <Logo size={40} />
              <div>
                <Title order={1} size="h3">
                  Tandem {face.service}
                </Title>
                <Text size="sm" c="dimmed">
                  {face.tagline}
                </Text>
              </div>
            </Group>
            {attempt.error && (
              <Alert color="red" role="alert">
                {attempt.error.message}
              </Alert>
            )}
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              autoFocus
              required
              withAsterisk={false}
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" fullWidth loading={attempt.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
