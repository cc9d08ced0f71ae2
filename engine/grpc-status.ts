import { isGrpcServiceError } from '@temporalio/client';

/** The gRPC status codes that mean something here. */
export const grpcStatus = {
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unauthenticated: 16,
} as const;

/** The gRPC status code of a failed call; undefined for any other error. */
export function grpcCode(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}
