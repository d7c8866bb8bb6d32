/**
 * Where each syllable begins in the pinyin order of characters, as the collation of ICU has it: the
 * syllable, then the first character that is read so.
 */
const table =
  'a吖ai哎an安ang肮ao凹ba丷bai紦ban扳bang邦bao勹bei卑ben奔beng獖bi屄bian边biao灬bie憋bin汃bing氞bo癶bu峬ca簿cai囃can参c' +
  'ang仓cao撡ce艹cen嵾ceng曽cha叉chai芆chan辿chang伥chao蟐che车chen抻cheng阷chi吃chong充chou抽chu出chuai橻chuan巛c' +
  'huang刅chui吹chun旾chuo逴ci呲cong匆cou凑cu粗cuan汆cui崔cun乼cuo搓da咑dai呆dan鮘dang当dao刀de嘚deng扥di氐dian嗲dia' +
  'o刁die爹ding丁diu丟dong东dou吺du厾duan耑dui垖dun吨duo多e妸en诶er鞥fa发fan帆fang匚fei飞fen分feng丰fo覅fou紑fu夫ga旮ga' +
  'i侅gan甘gang冈gao皋ge戈gen给geng刯gong工gou勾gu估gua瓜guai乖guan关guang光gui撗gun丨guo呙ha哈hai咍han嚡hang夯hao茠h' +
  'e诃hei黒hen拫heng亨hong噷hou齁hu乎hua花huai怀huan欢huang巟hui灰hun昏huo吙ji丌jia加jian戋jiang橺jiao艽jie鵤jin巾ji' +
  'ng坕jiong燝jiu丩ju凥juan爠jue噘jun军ka咔kai开kan刊kang忼kao尻ke匼ken剋keng劥kong空kou抠ku扝kua夸kuai蒯kuan宽kuang' +
  '匡kui亏kun鑎kuo尡la垃lai来lan兰lang啷lao唥le仂lei雷leng嘞li哩lian俩liang良liao煷lie毟lin拎ling伶liu瀮long囖lou瞜lu' +
  '噜luan縷lun掠luo啰ma呣mai埋man嫚mang牤mao猫me嚒mei癦men椚meng擝mi咪mian宀miao喵mie乜min民ming名miu谬mo摸mou怽mu毪na' +
  '縸nai腉nan囡nang囔nao孬ne疒nei娞nen恁ni能nian拈niang娘niao鸟nie捏nin囜ning宁niu妞nong农nou羺nu譳nuan女nuo疟o喔ou讴p' +
  'a妑pai拍pan眅pang乓pao抛pei呸pen喷peng匉pi丕pian囨piao剽pie氕pin姘ping乒po蘋pou桲pu仆qi巬qia掐qian千qiang呛qiao悄q' +
  'ie苆qin亲qing靑qiong卭qiu丘qu区quan迲que炔qun夋ran呥rang穣rao娆re惹ren人reng扔ri日rong戎rou厹ru邚ruan挼rui婑run瞤r' +
  'uo捼sa仨sai虄san三sang橵sao掻se閪sen森sha僧shai繌shan山shang伤shao弰she奢shen谁sheng升shi尸shou収shu书shua刷shua' +
  'i衰shuan闩shuang双shui脽shun吮shuo说si厶song忪sou凁su苏suan狻sui夊sun孙suo唆ta他tai囼tan粏tang賧tao夲te忑teng熥ti' +
  '剔tian趯tiao旫tie螩ting厅tong囲tou偷tu綉tuan湍tui推tun吞tuo畽wa屲wai歪wan弯wang尢wei危wen煀weng呚wo挝wu乌xi錻xia呷x' +
  'ian仙xiang乡xiao灱xie恷xin心xing星xiong裄xiu休xu吁xuan吅xue削xun坃ya丫yan恹yang央yao羪ye鑰yi一yin囙ying应yo哟yong' +
  '佣you优yu蒏yuan澚yue曰yun晕za繧zai災zan兂zang匨zao傮ze则zei伬zen怎zeng譛zha扎zhai夈zhan枬zhang张zhao佋zhe蜇zhen贞z' +
  'heng凧zhi之zhong徔zhou州zhu朱zhua抓zhuan跩zhuang妆zhui隹zhun宒zhuo拙zi乲zong宗zou潈zu楱zuan钻zui厜zun穝zuo嘬'

const syllables = [...table.matchAll(/([a-z]+)([^a-z])/g)].map(([, sound = '', first = '']) => ({
  sound,
  first,
}))
const collator = new Intl.Collator('zh-u-co-pinyin')

/** How a Chinese character is commonly read, without its tone; null for anything else. */
function toSyllable(character: string): string | null {
  if (!/^\p{Script=Han}$/u.test(character)) return null
  const at = syllables.findLastIndex(({ first }) => collator.compare(first, character) <= 0)
  return syllables[at]?.sound ?? null
}

/**
 * The ways to write a Chinese person's name in Latin letters, without spaces: whole, the other way
 * round, surname alone, given name alone. Empty for a name that is not Chinese.
 */
export function latinNames(name: string): string[] {
  const sounds = Array.from(name.slice(0, 8), (character) => toSyllable(character))
  const [surname, ...rest] = sounds.filter((sound) => sound !== null)
  if (surname === undefined || rest.length === 0 || sounds.includes(null)) return []
  const given = rest.join('')
  return [`${surname}${given}`, `${given}${surname}`, surname, given]
}
