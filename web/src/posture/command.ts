import { t, word } from '../ui/i18n'

/** What a device was told: one of the five orders, the all clear, or a test. */
export const commandWord = (verb: string | null | undefined): string => (verb === 'clear' ? t.value.posture.clearWord : verb === 'test' ? t.value.posture.test : verb === 'alarm' ? t.value.events['alarm.raised'] ?? verb : word(t.value.posture.verb, verb))
