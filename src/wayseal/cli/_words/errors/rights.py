"""What can be wrong with a file of rights, in Chinese: English wording → Chinese, as in `_words.errors`."""

RIGHTS = {
    "the file isn't UTF-8": "文件不是 UTF-8 编码",
    "not TOML: {}": "不是 TOML：{0}",
    "only [[right]] tables may stand in it": "其中只能有 [[right]] 表",
    "right {} stands twice": "第 {0} 项权限重复",
    "right {}: unknown key {}": "第 {0} 项权限：没有 {1} 这个键",
    "right {}: name must be the right's name, as in actors.rights": "第 {0} 项权限：name 应为权限名称，"
    "与 actors.rights 中的写法一致",
    "right {}: actions must be a list of {}": "第 {0} 项权限：actions 应为列表，可用的值有：{1}",
    "right {}: scope must be own or all": "第 {0} 项权限：scope 应为 own 或 all",
}
