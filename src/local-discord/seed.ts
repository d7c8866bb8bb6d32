import { ChannelType, PermissionFlagsBits, type APIOverwrite } from 'discord-api-types/v10'

/** The world local Discord starts with. All ids are fixed, so that a restarted bot finds the same places. */

export const seedIds = {
  guild: '1100000000000000000',
  bot: '1100000000000000001',
  users: {
    wangZhuoran: '1100000000000000011',
    liLei: '1100000000000000012',
    hanMeimei: '1100000000000000013',
    alex: '1100000000000000014',
  },
  roles: {
    /** @everyone has the guild's id. */
    everyone: '1100000000000000000',
    teacher: '1100000000000000021',
    assistant: '1100000000000000022',
    bot: '1100000000000000023',
  },
  channels: {
    information: '1100000000000000030',
    announcements: '1100000000000000031',
    course: '1100000000000000040',
    questions: '1100000000000000041',
    homework: '1100000000000000042',
    lounge: '1100000000000000050',
    random: '1100000000000000051',
    teachers: '1100000000000000052',
  },
} as const

export interface SeedUser {
  id: string
  username: string
  globalName: string
  locale: 'zh-CN' | 'en-US'
  roles: string[]
  /** The hue of the drawn avatar, 0–359. */
  hue: number
}

export interface SeedRole {
  id: string
  name: string
  color: number
  position: number
  hoist: boolean
  permissions: bigint
  botId?: string
}

export interface SeedChannel {
  id: string
  type: ChannelType.GuildText | ChannelType.GuildAnnouncement | ChannelType.GuildCategory
  name: string
  topic?: string
  parent?: string
  overwrites?: APIOverwrite[]
}

const { SendMessages, ViewChannel } = PermissionFlagsBits

/** What a new Discord server grants to everybody, so far as it matters to text. */
const everyonePermissions =
  ViewChannel |
  SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.CreatePublicThreads |
  PermissionFlagsBits.CreatePrivateThreads |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.UseApplicationCommands |
  PermissionFlagsBits.ChangeNickname |
  PermissionFlagsBits.CreateInstantInvite

const { teacher, assistant, bot: botRole, everyone } = seedIds.roles

export const seedGuild = { id: seedIds.guild, name: 'AGI课堂', preferredLocale: 'zh-CN' } as const

export const seedRoles: readonly SeedRole[] = [
  {
    id: everyone,
    name: '@everyone',
    color: 0,
    position: 0,
    hoist: false,
    permissions: everyonePermissions,
  },
  {
    id: botRole,
    name: '瓜瓜',
    color: 0,
    position: 1,
    hoist: false,
    permissions: 0n,
    botId: seedIds.bot,
  },
  {
    id: assistant,
    name: '助教',
    color: 0x3498db,
    position: 2,
    hoist: true,
    permissions: PermissionFlagsBits.ManageMessages | PermissionFlagsBits.ManageThreads,
  },
  {
    id: teacher,
    name: '老师',
    color: 0xe67e22,
    position: 3,
    hoist: true,
    permissions: PermissionFlagsBits.Administrator,
  },
]

export const seedBot: SeedUser = {
  id: seedIds.bot,
  username: 'guagua',
  globalName: '瓜瓜',
  locale: 'zh-CN',
  roles: [botRole],
  hue: 130,
}

export const seedUsers: readonly SeedUser[] = [
  {
    id: seedIds.users.wangZhuoran,
    username: 'wangzhuoran',
    globalName: '王卓然',
    locale: 'zh-CN',
    roles: [teacher],
    hue: 24,
  },
  {
    id: seedIds.users.liLei,
    username: 'lilei',
    globalName: '李雷',
    locale: 'zh-CN',
    roles: [],
    hue: 210,
  },
  {
    id: seedIds.users.hanMeimei,
    username: 'hanmeimei',
    globalName: '韩梅梅',
    locale: 'zh-CN',
    roles: [assistant],
    hue: 330,
  },
  {
    id: seedIds.users.alex,
    username: 'alex',
    globalName: 'Alex',
    locale: 'en-US',
    roles: [],
    hue: 270,
  },
]

const denied = (id: string, bits: bigint): APIOverwrite => ({
  id,
  type: 0,
  allow: '0',
  deny: bits.toString(),
})

export const seedChannels: readonly SeedChannel[] = [
  { id: seedIds.channels.information, type: ChannelType.GuildCategory, name: '信息' },
  {
    id: seedIds.channels.announcements,
    type: ChannelType.GuildAnnouncement,
    name: '公告',
    topic: '课程通知，只有老师可以发言',
    parent: seedIds.channels.information,
    overwrites: [denied(everyone, SendMessages)],
  },
  { id: seedIds.channels.course, type: ChannelType.GuildCategory, name: '课程' },
  {
    id: seedIds.channels.questions,
    type: ChannelType.GuildText,
    name: '课程答疑',
    topic: '@瓜瓜 问课表、问讲义',
    parent: seedIds.channels.course,
  },
  {
    id: seedIds.channels.homework,
    type: ChannelType.GuildText,
    name: '作业讨论',
    topic: '作业、代码、互相帮助',
    parent: seedIds.channels.course,
  },
  { id: seedIds.channels.lounge, type: ChannelType.GuildCategory, name: '休息区' },
  {
    id: seedIds.channels.random,
    type: ChannelType.GuildText,
    name: 'random',
    topic: 'Anything goes, in any language',
    parent: seedIds.channels.lounge,
  },
  {
    id: seedIds.channels.teachers,
    type: ChannelType.GuildText,
    name: '教师办公室',
    topic: '只有老师看得见',
    parent: seedIds.channels.lounge,
    overwrites: [denied(everyone, ViewChannel)],
  },
]
