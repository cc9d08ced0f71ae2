import type { ChatParameters, ToolChoice } from '../../contracts/chat.js';
import type { RequestBody } from './request-schema.js';

type ParametersBody = Omit<RequestBody, 'model' | 'messages' | 'system' | 'stream'>;

/** What is asked besides the messages. */
export function parametersFrom(body: ParametersBody): ChatParameters {
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stop, output_config: output } = body;
  const user = body.metadata?.user_id;
  return {
    maxTokens: body.max_tokens,
    ...(isGiven(temperature) ? { temperature } : {}),
    ...(isGiven(topP) ? { topP } : {}),
    ...(isGiven(topK) ? { topK } : {}),
    ...(isGiven(stop) && stop.length > 0 ? { stop } : {}),
    ...toolsFrom(body),
    ...reasoningFrom(body),
    ...(isGiven(output?.format)
      ? {
          // The format has no name, and knows no schema that is only a wish.
          responseFormat: {
            type: 'json_schema',
            name: 'response',
            schema: output.format.schema,
            strict: true,
          },
        }
      : {}),
    ...(isGiven(user) ? { user } : {}),
  };
}

function toolsFrom({ tools, tool_choice: choice }: ParametersBody): ChatParameters {
  const parallel =
    choice && 'disable_parallel_tool_use' in choice ? choice.disable_parallel_tool_use : undefined;
  return {
    ...(isGiven(tools) && tools.length > 0
      ? {
          tools: tools.map(({ name, description, input_schema: parameters, strict }) => ({
            name,
            ...(description === undefined ? {} : { description }),
            parameters,
            ...(strict === undefined ? {} : { strict }),
          })),
        }
      : {}),
    ...(isGiven(choice) ? { toolChoice: choiceFrom(choice) } : {}),
    ...(parallel === true ? { parallelToolCalls: false } : {}),
  };
}

function choiceFrom(choice: NonNullable<ParametersBody['tool_choice']>): ToolChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return choice.type;
    case 'any':
      return 'required';
    case 'tool':
      return { tool: choice.name };
  }
}

/** Thinking that adapts without an effort is the vendor's default effort, `high`. */
function reasoningFrom({ thinking, output_config: output }: ParametersBody): ChatParameters {
  const effort = output?.effort ?? (thinking?.type === 'adaptive' ? 'high' : undefined);
  switch (thinking?.type) {
    case 'disabled':
      return { reasoningEffort: 'none' };
    case 'enabled':
      return {
        reasoningBudget: thinking.budget_tokens,
        ...(effort === undefined ? {} : { reasoningEffort: effort }),
      };
    case 'adaptive':
    case undefined:
      return effort === undefined ? {} : { reasoningEffort: effort };
  }
}

const isGiven = <Value>(value: Value): value is NonNullable<Value> => value !== undefined && value !== null;
