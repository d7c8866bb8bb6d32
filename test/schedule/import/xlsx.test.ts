import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate'
import { writeXlsx, writeXlsxStream, type WriteSheet } from 'hucre'

import { readFile } from '../../../src/schedule/import/read-file.ts'
import { brief, shanghai } from './context.ts'

type Cells = NonNullable<WriteSheet['rows']>

async function workbook(...sheets: WriteSheet[]): Promise<Uint8Array> {
  return await writeXlsx({ sheets })
}

function sheet(rows: Cells, more: Partial<WriteSheet> = {}): WriteSheet {
  return { name: 'Sheet1', rows, ...more }
}

type CellIndex = [row: number, column: number]

function merge([startRow, startCol]: CellIndex, [endRow, endCol]: CellIndex) {
  return { startRow, startCol, endRow, endCol }
}

const day = (text: string) => new Date(`${text}Z`)

describe('importing XLSX', () => {
  it('reads dates and times that are serial numbers', async () => {
    const rows: Cells = [
      ['日期', '开始', '结束', '课程', '教师'],
      [day('2026-09-01T00:00:00'), day('1899-12-31T19:00:00'), '20:30', '大模型', '张三'],
    ]
    const columns = [{ numFmt: 'yyyy-mm-dd' }, { numFmt: 'hh:mm' }]
    for (const dateSystem of ['1900', '1904'] as const) {
      const bytes = await writeXlsx({
        sheets: [
          sheet(
            rows.with(1, [
              46_266 - (dateSystem === '1904' ? 1462 : 0),
              0.7916666666666666,
              '20:30',
              '大模型',
              '张三',
            ]),
            { columns },
          ),
        ],
        dateSystem,
      })
      const draft = await readFile(bytes, shanghai)
      assert.deepEqual(draft.problems, [], dateSystem)
      assert.deepEqual(brief(draft.classes), ['2026-09-01 19:00-20:30 大模型'], dateSystem)
    }
  })

  it('reads headings over several columns and fills merged cells', async () => {
    const bytes = await workbook(
      sheet(
        [
          ['2026年秋季课程安排', null, null, null, null],
          ['课程', '上课时间', null, null, '教师'],
          [null, '日期', '开始', '结束', null],
          ['大模型', '2026-09-01', '19:00', '20:30', '张三'],
          [null, '2026-09-08', '19:00', '20:30', '张三'],
        ],
        {
          merges: [
            merge([0, 0], [0, 4]),
            merge([1, 0], [2, 0]),
            merge([1, 1], [1, 3]),
            merge([1, 4], [2, 4]),
            merge([3, 0], [4, 0]),
          ],
        },
      ),
    )
    const draft = await readFile(bytes, shanghai)
    assert.deepEqual(draft.problems, [])
    assert.deepEqual(brief(draft.classes), [
      '2026-09-01 19:00-20:30 大模型',
      '2026-09-08 19:00-20:30 大模型',
    ])
    assert.equal(draft.classes[1]?.instructor, '张三')
  })

  it('reads all visible sheets, and names the ones that it cannot read', async () => {
    const head = ['date', 'time', 'course']
    const bytes = await workbook(
      sheet([head, ['2026-09-01', '9:00-10:00', 'A'], ['2026-09-77', '9:00-10:00', 'A']], {
        name: 'One',
      }),
      sheet([head, ['2026-09-02', '9:00-10:00', 'B']], { name: 'Two' }),
      sheet([['Some words']], { name: 'Read me' }),
      sheet([head, ['2026-09-03', '9:00-10:00', 'C']], { name: 'Hidden', hidden: true }),
      sheet(
        [
          ['作业', '截止日期'],
          ['习题', '2026-09-30'],
        ],
        { name: 'Work' },
      ),
    )
    const draft = await readFile(bytes, shanghai)
    assert.deepEqual(brief(draft.classes), ['2026-09-01 09:00-10:00 A', '2026-09-02 09:00-10:00 B'])
    assert.deepEqual(draft.problems, [
      { line: 3, sheet: 'One', column: 'date', reason: 'bad_date', value: '2026-09-77' },
    ])
    assert.deepEqual(draft.notes, [{ line: 0, sheet: 'Read me', reason: 'sheet_skipped' }])
    assert.equal(draft.assignments[0]?.title, '习题')
  })

  it('reads a week drawn as a grid, as Chinese universities do', async () => {
    const bytes = await workbook(
      sheet(
        [
          ['2026-2027学年第一学期课表', null, null, null, null, null, null, null, null],
          ['时间', '节次', '星期一', '星期二', '星期三', '星期四', '星期五', '星期六', '星期日'],
          [
            '上午',
            '第1节',
            '高等数学\n张三\n3-4周\n教学楼A101',
            null,
            null,
            '高等数学\n张三\n3-5周\n教学楼A101',
            null,
            null,
            null,
          ],
          [null, '第2节', null, null, null, null, null, null, null],
          [
            null,
            '第3节',
            null,
            '大学英语/(3-4节)3周/校区:主校区/场地:外语楼203/教师:王五',
            null,
            null,
            null,
            null,
            null,
          ],
          [null, '第4节', null, null, null, null, null, null, null],
          [
            '晚上',
            '第9节\n19:00-19:45',
            null,
            null,
            '线性代数\n李四\n3周(单)\nB202\n\n概率论\n赵六\n4周(双)\nB203',
            null,
            null,
            null,
            null,
          ],
        ],
        {
          merges: [
            merge([0, 0], [0, 8]),
            merge([2, 0], [5, 0]),
            merge([2, 2], [3, 2]),
            merge([2, 5], [3, 5]),
            merge([4, 3], [5, 3]),
          ],
        },
      ),
    )
    const draft = await readFile(bytes, shanghai)
    assert.deepEqual(draft.problems, [])
    assert.deepEqual(
      draft.classes.map((each) => `${brief([each])[0]} ${each.instructor} ${each.room}`).toSorted(),
      [
        '2026-09-21 08:00-09:40 高等数学 张三 教学楼A101',
        '2026-09-22 10:00-11:40 大学英语 王五 主校区 外语楼203',
        '2026-09-23 19:00-19:45 线性代数 李四 B202',
        '2026-09-24 08:00-09:40 高等数学 张三 教学楼A101',
        '2026-09-28 08:00-09:40 高等数学 张三 教学楼A101',
        '2026-09-30 19:00-19:45 概率论 赵六 B203',
        '2026-10-08 08:00-09:40 高等数学 张三 教学楼A101',
      ],
    )
    assert.deepEqual(draft.notes.map(({ reason }) => reason).toSorted(), [
      'holidays_skipped',
      'periods_assumed',
    ])
  })

  it('reads archives whose sizes stand behind their parts', async () => {
    const columns = [{ header: 'date' }, { header: 'time' }, { header: 'course' }]
    const stream = writeXlsxStream([['2026-09-01', '9:00-10:00', 'A']], { name: 'S', columns })
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
    assert.deepEqual(brief((await readFile(bytes, shanghai)).classes), ['2026-09-01 09:00-10:00 A'])
  })

  it('keeps formulas as what they came to, and their text as text', async () => {
    const bytes = await workbook(
      sheet([
        ['date', 'time', 'course'],
        ['2026-09-01', '9:00-10:00', "=cmd|' /C calc'!A0"],
      ]),
    )
    const draft = await readFile(bytes, shanghai)
    assert.equal(draft.classes[0]?.course_name, "=cmd|' /C calc'!A0")
  })
})

describe('a hostile workbook', () => {
  async function parts(): Promise<Zippable> {
    return unzipSync(
      await workbook(
        sheet([
          ['date', 'time', 'course'],
          ['2026-09-01', '9:00-10:00', 'A'],
        ]),
      ),
    )
  }

  const large = new Uint8Array(65 * 1024 * 1024)

  it('is refused when it unpacks to too much, whatever it says about its size', async () => {
    const bomb = zipSync({
      ...(await parts()),
      'xl/sharedStrings.xml': [large, { level: 1 }],
    })
    await assert.rejects(readFile(bomb, shanghai), { reason: 'too_large' })
    // The sizes in the headers become 1.
    const lying = Buffer.from(bomb)
    for (const [signature, offset] of [
      ['PK\u0003\u0004', 22],
      ['PK\u0001\u0002', 24],
    ] as const) {
      for (
        let at = lying.indexOf(signature, 0, 'latin1');
        at >= 0;
        at = lying.indexOf(signature, at + 1, 'latin1')
      ) {
        lying.writeUInt32LE(1, at + offset)
      }
    }
    await assert.rejects(readFile(lying, shanghai), { reason: 'too_large' })
  })

  it('does not unpack what holds no cells', async () => {
    const bytes = zipSync({
      ...(await parts()),
      'xl/media/image1.png': [large, { level: 1 }],
    })
    assert.equal((await readFile(bytes, shanghai)).classes.length, 1)
  })

  it('is refused with too many parts', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_each, index) => [`x${index}`, new Uint8Array()]),
    )
    await assert.rejects(readFile(zipSync(many), shanghai), { reason: 'too_large' })
  })

  for (const [name, bytes] of [
    ['is damaged', Buffer.from('PK\u0003\u0004 and then nothing')],
    ['is a word processor document', zipSync({ 'word/document.xml': strToU8('<w/>') })],
  ] as const) {
    it(`is refused when it ${name}`, async () => {
      await assert.rejects(readFile(bytes, shanghai), { reason: 'broken' })
    })
  }

  it('is refused when it is encrypted or of the old kind', async () => {
    const bytes = Buffer.from('d0cf11e0a1b11ae1', 'hex')
    await assert.rejects(readFile(bytes, shanghai), { reason: 'encrypted' })
  })

  async function withSheet(edit: (xml: string) => string): Promise<Uint8Array> {
    const all = unzipSync(
      await workbook(
        sheet([
          ['date', 'time', 'course'],
          ['2026-09-01', '9:00-10:00', 'A'],
        ]),
      ),
    )
    const name = 'xl/worksheets/sheet1.xml'
    return zipSync({ ...all, [name]: strToU8(edit(strFromU8(all[name] ?? new Uint8Array()))) })
  }

  it('costs no more than its cells when one of them is far away', async () => {
    const bytes = await withSheet((xml) =>
      xml.replace(
        '</sheetData>',
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
      ),
    )
    const draft = await readFile(bytes, shanghai).catch((error: unknown) => error)
    if (draft instanceof Error) assert.match(draft.message, /cannot be read/)
    else assert.ok(draft)
  })

  it('may merge everything into one cell, many times', async () => {
    const merges = '<mergeCell ref="A1:XFD1048576"/>'.repeat(20_000)
    const bytes = await withSheet((xml) =>
      xml.replace('</sheetData>', `</sheetData><mergeCells>${merges}</mergeCells>`),
    )
    await readFile(bytes, shanghai).catch((error: unknown) => assert.ok(error instanceof Error))
  })

  it('brings no entities of its own', async () => {
    const bytes = await withSheet((xml) =>
      xml
        .replace(
          /<\?xml[^>]*\?>/,
          (head) =>
            `${head}<!DOCTYPE x [<!ENTITY a "${'a'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}">]>`,
        )
        .replace(
          '</sheetData>',
          `<row r="9"><c r="A9" t="inlineStr"><is><t>${'&b;'.repeat(1000)}</t></is></c></row></sheetData>`,
        ),
    )
    const draft = await readFile(bytes, shanghai).catch((error: unknown) => error)
    assert.ok(draft instanceof Error || JSON.stringify(draft).length < 100_000)
  })
})
